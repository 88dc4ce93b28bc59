"""A model of the dashscope package, for machines on which the package itself cannot be installed.

It sends what docs/contracts/dashscope.md says that the package sends (A.1, A.4 to A.7) and reads as it reads (A.9.3,
A.11), no more forgivingly. Only what the programs in examples/dashscope call is there.
"""
import json
import os
import time
import urllib.error
import urllib.request

_BASE = os.environ['DASHSCOPE_HTTP_BASE_URL'].rstrip('/')
_JSON = 'application/json; charset=utf-8'


class _Object(dict):
    """What the package parses can be read by attribute and by item."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def _parsed(value):
    if isinstance(value, list):
        return [_parsed(item) for item in value]
    if not isinstance(value, dict):
        return value
    return _Object({key: [_call_of(one) for one in item] if key == 'tool_calls' else _parsed(item)
                    for key, item in value.items()})


def _call_of(entry):
    """Tool calls that the package has no class for stay plain dicts."""
    return _parsed(entry) if entry['type'] in ('function', 'code_interpreter') else entry


def _open(method, path, body=None):
    headers = {
        'Authorization': f"Bearer {os.environ['DASHSCOPE_API_KEY']}",
        'Accept': _JSON,
        'User-Agent': 'dashscope/1.26.2; python/3.11.7; platform/Linux; processor/',
    }
    data = None
    if body is not None:
        headers['Content-Type'] = _JSON
        data = json.dumps(body).encode()
    request = urllib.request.Request(_BASE + path, data=data, headers=headers, method=method)
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)


def _failed(error):
    """No exception: an object with status_code, code, message and request_id."""
    body = json.loads(error.read())
    known = {name: body.get(name, '') for name in ('code', 'message', 'request_id')}
    return _Object(status_code=error.code, **known)


def _call(method, path, body=None):
    try:
        with _open(method, path, body) as response:
            return _Object(_parsed(json.loads(response.read())), status_code=response.status)
    except urllib.error.HTTPError as error:
        return _failed(error)


def _stream(path, body):
    try:
        response = _open('POST', path, body)
    except urllib.error.HTTPError as error:
        yield None, _failed(error)
        return
    event, is_error, status = '', False, 400
    with response:
        assert 'text/event-stream' in response.headers['Content-Type']
        for line in response:
            line = line.decode('utf8').rstrip('\n').rstrip('\r')
            if line.startswith('event:error'):
                is_error = True
            elif line.startswith('status:'):
                status = int(line[len('status:'):])
            elif line.startswith('event:'):
                event = line[len('event:'):]
            elif line.startswith('data:'):
                data = line[len('data:'):]
                if is_error:
                    error = json.loads(data)
                    known = {name: error.get(name) for name in ('code', 'message', 'request_id')}
                    yield 'error', _Object(status_code=status, **known)
                    return
                if event == 'done':
                    return
                yield event, _event(event, json.loads(data))


def _event(event, data):
    if event == 'thread.message.delta':
        content = None
        for part in data['delta']['content']:
            # Of an object this would walk the keys, and fail.
            content = {'type': part['type'], part['type']: part[part['type']]}
        data['delta']['content'] = content
    calls = data.get('step_details', {}).get('tool_calls') or []
    for call in calls:
        if call['type'] == 'code_interpreter' and call['code_interpreter'].get('outputs'):
            raise TypeError('Cannot instantiate typing.Union')
    return _parsed(data)


class Assistants:
    @classmethod
    def create(cls, *, model, name=None, description=None, instructions=None, tools=None, file_ids=None, metadata=None):
        body = {'model': model, 'file_ids': file_ids or [], 'metadata': metadata}
        given = {'name': name, 'description': description, 'instructions': instructions}
        body.update({key: value for key, value in given.items() if value})
        if tools is not None:
            body['tools'] = tools
        return _call('POST', '/assistants', body)


class Threads:
    @classmethod
    def create(cls, *, messages=None, metadata=None):
        given = {'messages': messages, 'metadata': metadata}
        # Without arguments the whole body is the JSON string "".
        return _call('POST', '/threads', {key: value for key, value in given.items() if value} or '')


class Messages:
    @classmethod
    def create(cls, thread_id, *, content, role='user'):
        return _call('POST', f'/threads/{thread_id}/messages', {'content': content, 'role': role})

    @classmethod
    def list(cls, thread_id):
        return _call('GET', f'/threads/{thread_id}/messages')


class Runs:
    @classmethod
    def create(cls, thread_id, *, assistant_id, stream=False):
        return cls._send(f'/threads/{thread_id}/runs', {'assistant_id': assistant_id, 'stream': stream})

    @classmethod
    def submit_tool_outputs(cls, run_id, *, thread_id, tool_outputs, stream=False):
        body = {'tool_outputs': tool_outputs, 'stream': stream}
        return cls._send(f'/threads/{thread_id}/runs/{run_id}/submit_tool_outputs', body)

    @classmethod
    def wait(cls, run_id, *, thread_id):
        while True:
            run = _call('GET', f'/threads/{thread_id}/runs/{run_id}')
            if run.status_code != 200 or run.status in (
                'cancelled', 'failed', 'completed', 'expired', 'requires_action',
            ):
                return run
            time.sleep(0.05)

    @staticmethod
    def _send(path, body):
        return _stream(path, body) if body['stream'] else _call('POST', path, body)
