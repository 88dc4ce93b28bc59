"""A conversation over a rethread gateway with nothing but Python's standard library: a streamed run that calls a function.

    npx rethread serve --simulate
    python3 examples/python/assistants.py

With the openai package all of this is `OpenAI(base_url="http://127.0.0.1:4010/v1")` and the code you had.
"""

import json
import os
import urllib.error
import urllib.request

BASE_URL = os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:4010/v1")
API_KEY = os.environ.get("OPENAI_API_KEY", "any")


def send(method, path, body=None, headers=None):
    """Opens the answer to a request; what the API refuses is told in its own words."""
    request = urllib.request.Request(
        BASE_URL + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {API_KEY}",
            "OpenAI-Beta": "assistants=v2",
            "Content-Type": "application/json",
            **(headers or {}),
        },
    )
    try:
        return urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{error.code} {json.load(error)['error']['message']}") from None


def call(method, path, body=None, headers=None):
    with send(method, path, body, headers) as response:
        return json.load(response)


def events(path, body):
    """The events of a stream as they come: their names and what they carry."""
    with send("POST", path, {**body, "stream": True}) as response:
        name = None
        for line in response:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data" and value != "[DONE]":
                yield name, json.loads(value)


def answer(function):
    """What the assistant's function gives."""
    arguments = json.loads(function["arguments"])
    return json.dumps({"free": True, **arguments})


def follow(stream):
    """Prints text as it comes, and gives the run as the stream left it."""
    run = None
    for name, data in stream:
        if name == "thread.message.delta":
            for part in data["delta"]["content"]:
                if part["type"] == "text":
                    print(part["text"].get("value", ""), end="", flush=True)
        elif name == "thread.message.completed":
            print()
        elif name.startswith("thread.run.") and data["object"] == "thread.run":
            run = data
        elif name == "error":
            raise SystemExit(data["error"]["message"])
    return run


def main():
    check = {
        "name": "check_bike",
        "description": "Whether a bike can be rented.",
        "parameters": {
            "type": "object",
            "properties": {"bike": {"type": "integer"}},
            "required": ["bike"],
        },
    }
    assistant = call(
        "POST",
        "/assistants",
        {"model": "gpt-4.1", "instructions": "Be brief.", "tools": [{"type": "function", "function": check}]},
    )
    # With a key of its own a request can be sent again without making a second thread.
    thread = call("POST", "/threads", {}, {"Idempotency-Key": f"thread-of-{assistant['id']}"})
    again = call("POST", "/threads", {}, {"Idempotency-Key": f"thread-of-{assistant['id']}"})
    print("same thread:", thread["id"] == again["id"])

    runs = f"/threads/{thread['id']}/runs"
    question = {"role": "user", "content": "Is bike 7 free?"}
    run = follow(events(runs, {"assistant_id": assistant["id"], "additional_messages": [question]}))
    while run["status"] == "requires_action":
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        for one in calls:
            print("calls:", one["function"]["name"], one["function"]["arguments"])
        outputs = [{"tool_call_id": one["id"], "output": answer(one["function"])} for one in calls]
        run = follow(events(f"{runs}/{run['id']}/submit_tool_outputs", {"tool_outputs": outputs}))
    print("run:", run["status"])
    messages = call("GET", f"/threads/{thread['id']}/messages?order=asc")["data"]
    print("messages:", [message["role"] for message in messages])


if __name__ == "__main__":
    main()
