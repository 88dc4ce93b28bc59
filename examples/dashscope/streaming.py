"""A run as it happens: what a tool is asked, what it answers, and the text piece by piece."""
from dashscope import Assistants, Runs, Threads

assistant = Assistants.create(
    model='qwen-plus',
    name='accountant',
    instructions='Leave every calculation to the calculator.',
    tools=[{'type': 'calculator'}],
)
thread = Threads.create(
    messages=[{'role': 'user', 'content': 'What do 12313 crates of 13232 yuan each cost?'}],
)

for event, data in Runs.create(thread.id, assistant_id=assistant.id, stream=True):
    if event is None or event == 'error':
        raise SystemExit(f'{data}')
    if event == 'thread.message.delta':
        print(data.delta.content.text.value, end='', flush=True)
    elif event == 'thread.run.step.completed' and data.type == 'tool_calls':
        # Entries of tools that the SDK has no class for are dicts.
        for call in data.step_details.tool_calls:
            print(f"[{call['type']}] {call[call['type']]['arguments']}")
            print(f"[{call['type']}] {call[call['type']]['output']}")
    elif event == 'thread.run.failed':
        raise SystemExit(f'The run failed: {data.last_error}')
    elif event == 'thread.run.completed':
        print(f'\n{data.status}, {data.usage.total_tokens} tokens')
