"""Several assistants at one task.

A planner says who is needed, in which order; each of them gets what the one before has found out. A plan that cannot
be read goes to an assistant that just chats.
"""
import json
import sys

from dashscope import Assistants, Messages, Runs, Threads


def make(name, instructions, tools=()):
    return Assistants.create(
        model='qwen-plus',
        name=name,
        instructions=instructions,
        tools=[{'type': tool} for tool in tools],
    )


TEAM = {
    'market researcher': make('market researcher', 'You know what things cost. List facts, no advice.'),
    'accountant': make('accountant', 'You calculate. Leave arithmetic to the calculator.', ['calculator']),
    'writer': make('writer', 'You write two friendly sentences from what you are given.'),
}
CHAT = make('chat', 'You chat.')
PLANNER = make(
    'planner',
    f"You plan who of a team works on a task: {', '.join(TEAM)}. "
    'Answer with nothing but a JSON array of their names in order, e.g. ["market researcher", "writer"].',
)


def ask(assistant, content):
    """One assistant's answer to one message, in a thread of its own."""
    thread = Threads.create(messages=[{'role': 'user', 'content': content}])
    run = Runs.create(thread.id, assistant_id=assistant.id)
    run = Runs.wait(run.id, thread_id=thread.id)
    if run.status != 'completed':
        raise SystemExit(f'{run.status}: {run.last_error}')
    return ''.join(part.text.value for part in Messages.list(thread.id).data[0].content)


def read(plan):
    """The planner's choice; None where it is no list of team members."""
    try:
        names = json.loads(plan)
    except ValueError:
        return None
    known = isinstance(names, list) and names and all(isinstance(name, str) and name in TEAM for name in names)
    return names if known else None


def solve(task):
    plan = read(ask(PLANNER, task))
    print('plan:', ' -> '.join(plan) if plan else 'chat')
    if not plan:
        return ask(CHAT, task)
    found = ''
    for name in plan:
        reference = f'\n\nReference information:\n{found}' if found else ''
        found = ask(TEAM[name], task + reference)
        print(f'{name}: {found}')
    return found


for task in sys.argv[1:]:
    print('answer:', solve(task))
