"""A program on the openai package. Reads lines `function base-URL`, and prints for each a JSON object: what it saw."""
import asyncio
import io
import json
import sys

import openai
from openai import AssistantEventHandler, AsyncAssistantEventHandler, AsyncOpenAI, OpenAI

client: OpenAI
LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def objects():
    made = [client.beta.assistants.create(model="gpt-4o", name=f"A{n}") for n in range(5)]
    names = [one.name for one in client.beta.assistants.list(order="asc", limit=2)]
    changed = client.beta.assistants.update(made[0].id, instructions="Be brief.", metadata={"team": "bikes"})
    gone = client.beta.assistants.delete(made[4].id)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "one"}])
    two = client.beta.threads.messages.create(thread.id, role="user", content="two", metadata={"at": "2"})
    client.beta.threads.messages.update(two.id, thread_id=thread.id, metadata={"at": "3"})
    texts = [m.content[0].text.value for m in client.beta.threads.messages.list(thread.id, order="asc")]
    return {
        "names": names,
        "changed": [changed.instructions, changed.metadata],
        "gone": [gone.deleted, gone.object],
        "texts": texts,
        "metadata": client.beta.threads.messages.retrieve(two.id, thread_id=thread.id).metadata,
        "thread": client.beta.threads.delete(thread.id).deleted,
    }


def poll():
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[LOOK])
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Look!"}]}, poll_interval_ms=20
    )
    calls = run.required_action.submit_tool_outputs.tool_calls
    waiting = run.status
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "a bike"} for call in calls],
        poll_interval_ms=20,
    )
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc")
    again = client.beta.threads.runs.create_and_poll(
        thread_id=run.thread_id, assistant_id=assistant.id, poll_interval_ms=20
    )
    messages = client.beta.threads.messages.list(run.thread_id)
    return {
        "waiting": [waiting, [call.function.name for call in calls]],
        "ended": [run.status, again.status],
        "steps": [step.type for step in steps],
        "texts": [m.content[0].text.value for m in messages],
        "usage": run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0,
    }


class Seen(AssistantEventHandler):
    def __init__(self):
        super().__init__()
        self.seen = []
        self.text = ""

    def on_text_created(self, text):
        self.seen.append("text_created")

    def on_text_delta(self, delta, snapshot):
        self.text += delta.value
        assert snapshot.value == self.text

    def on_text_done(self, text):
        self.seen.append(f"text_done {text.value}")

    def on_tool_call_created(self, tool_call):
        self.seen.append(f"tool_call_created {tool_call.type}")

    def on_tool_call_done(self, tool_call):
        self.seen.append(f"tool_call_done {tool_call.function.arguments}")

    def on_message_done(self, message):
        self.seen.append(f"message_done {message.status}")

    def on_end(self):
        self.seen.append("end")


def stream():
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[LOOK])
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content="Look!")
    with client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=Seen()
    ) as first:
        first.until_done()
    run = first.current_run
    calls = run.required_action.submit_tool_outputs.tool_calls
    with client.beta.threads.runs.submit_tool_outputs_stream(
        thread_id=thread.id,
        run_id=run.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "a bike"} for call in calls],
        event_handler=Seen(),
    ) as second:
        second.until_done()
    raw = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
    return {
        "first": first.seen,
        "second": second.seen,
        "final": [second.get_final_run().status, second.get_final_messages()[0].content[0].text.value],
        "steps": [step.type for step in second.get_final_run_steps()],
        "raw": [event.event for event in raw if not event.event.endswith(".delta")],
    }


def errors():
    thread = client.beta.threads.create()
    told = {}

    def refused(name, call):
        try:
            call()
        except openai.APIStatusError as error:
            told[name] = [type(error).__name__, error.body["message"], error.code, error.param]

    refused("assistant", lambda: client.beta.assistants.retrieve("asst_none"))
    refused("run", lambda: client.beta.threads.runs.create(thread_id=thread.id, assistant_id="asst_none"))
    refused("role", lambda: client.beta.threads.messages.create(thread.id, role="system", content="x"))
    refused("key", lambda: client.with_options(api_key="sk-nobody").beta.threads.create())
    return told


def files():
    file = client.files.create(file=("bikes.txt", io.BytesIO(b"Bike 7 is free.")), purpose="assistants")
    store = client.vector_stores.create(name="bikes")
    added = client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id, poll_interval_ms=20)
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    return {
        "name": client.files.retrieve(file.id).filename,
        "added": added.status,
        "store": assistant.tool_resources.file_search.vector_store_ids == [store.id],
    }


class AsyncSeen(AsyncAssistantEventHandler):
    def __init__(self):
        super().__init__()
        self.text = ""

    async def on_text_delta(self, delta, snapshot):
        self.text += delta.value


async def many_at_once():
    async with AsyncOpenAI(base_url=client.base_url) as one:
        assistant = await one.beta.assistants.create(model="gpt-4o")

        async def ask(n):
            thread = await one.beta.threads.create(messages=[{"role": "user", "content": f"question {n}"}])
            async with one.beta.threads.runs.stream(
                thread_id=thread.id, assistant_id=assistant.id, event_handler=AsyncSeen()
            ) as stream:
                await stream.until_done()
            messages = [m.content[0].text.value async for m in one.beta.threads.messages.list(thread.id)]
            return [stream.text, messages]

        return {"answers": await asyncio.gather(*(ask(n) for n in range(5)))}


def at_once():
    return asyncio.run(many_at_once())


for line in sys.stdin:
    name, url = line.split()
    client = OpenAI(base_url=url)
    try:
        print(json.dumps({"version": openai.__version__, **globals()[name]()}), flush=True)
    except Exception as error:
        print(json.dumps({"raised": repr(error)}), flush=True)
