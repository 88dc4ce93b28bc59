"""Functions of your own: the run stops, the program answers, the stream goes on, until the model wants nothing more."""
import json

from dashscope import Assistants, Runs, Threads

FUNCTIONS = {
    'big_add': lambda left, right: left + right,
    'big_multiply': lambda left, right: left * right,
}


def declare(name, description):
    number = {'type': 'number'}
    return {
        'type': 'function',
        'function': {
            'name': name,
            'description': description,
            'parameters': {
                'type': 'object',
                'properties': {'left': number, 'right': number},
                'required': ['left', 'right'],
            },
        },
    }


def follow(events):
    """Prints the text of a stream, and gives the run as the stream left it."""
    run = None
    for event, data in events:
        if event is None or event == 'error':
            raise SystemExit(f'{data}')
        if event == 'thread.message.delta':
            print(data.delta.content.text.value, end='', flush=True)
        elif event.startswith('thread.run.') and not event.startswith('thread.run.step.'):
            run = data
    return run


assistant = Assistants.create(
    model='qwen-max',
    name='calculating clerk',
    instructions='Use the functions for every sum and product.',
    tools=[declare('big_add', 'Adds two numbers.'), declare('big_multiply', 'Multiplies two numbers.')],
)
thread = Threads.create(
    messages=[{'role': 'user', 'content': 'Add 87787 to 788988737, and multiply the sum by two.'}],
)

run = follow(Runs.create(thread.id, assistant_id=assistant.id, stream=True))
while run.required_action:
    outputs = []
    for call in run.required_action.submit_tool_outputs.tool_calls:
        name, arguments = call.function.name, call.function.arguments
        output = str(FUNCTIONS[name](**json.loads(arguments)))
        print(f'{name}({arguments}) = {output}')
        outputs.append({'tool_call_id': call.id, 'output': output})
    # All outputs of a run go in one request.
    run = follow(Runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs, stream=True))
print(f'\n{run.status}')
