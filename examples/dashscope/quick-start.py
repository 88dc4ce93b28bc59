"""The four steps: an assistant, a thread, a message, a run."""
from http import HTTPStatus

from dashscope import Assistants, Messages, Runs, Threads


def check(answer):
    """The SDK raises nothing: an answer says itself whether it is one."""
    if answer.status_code != HTTPStatus.OK:
        raise SystemExit(f'{answer.code}: {answer.message} (request {answer.request_id})')
    return answer


# 1. An assistant. It is made once; a program keeps its id.
assistant = check(Assistants.create(
    model='qwen-max',
    name='guide',
    instructions='You show visitors around Hangzhou. Answer in one sentence.',
))

# 2. A thread, one for each conversation.
thread = check(Threads.create())

# 3. What the user says.
check(Messages.create(thread.id, content='What should I see on a rainy day?'))

# 4. A run, and the answer that it has added to the thread. Messages come newest first.
run = check(Runs.create(thread.id, assistant_id=assistant.id))
run = check(Runs.wait(run.id, thread_id=thread.id))
if run.status != 'completed':
    raise SystemExit(f'The run ended {run.status}: {run.last_error}')
messages = check(Messages.list(thread.id))
for part in messages.data[0].content:
    print(part.text.value)
