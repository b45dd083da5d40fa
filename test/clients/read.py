"""Reads a stream with the client that is named, and prints each event as a line of JSON until one is named "last"."""

import asyncio
import importlib.util
import json
import sys
import sysconfig

import aiohttp
import aiohttp_sse_client.client
import httpx
import httpx_sse
import requests
import sseclient

HEADERS = {"Accept": "text/event-stream"}


def report(name, data):
    print(json.dumps([name, data]), flush=True)
    return name == "last"


def read_httpx_sse(url):
    with httpx.Client(timeout=10) as client, httpx_sse.connect_sse(client, "GET", url) as source:
        for event in source.iter_sse():
            if report(event.event, event.data):
                break


def read_sseclient_py(url):
    response = requests.get(url, stream=True, headers=HEADERS, timeout=10)
    for event in sseclient.SSEClient(response).events():
        if report(event.event, event.data):
            break


def read_sseclient(url):
    # sseclient-py has a package of this name, which hides the module.
    path = sysconfig.get_path("purelib") + "/sseclient.py"
    spec = importlib.util.spec_from_file_location("sseclient_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for event in module.SSEClient(url, timeout=10):
        if report(event.event, event.data):
            break


def read_aiohttp_sse_client(url):
    async def read():
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp_sse_client.client.EventSource(url, timeout=timeout) as source:
            async for event in source:
                # It says nothing where the standard says "message".
                if report(event.type or "message", event.data):
                    break

    asyncio.run(read())


def read_requests(url):
    """The lines of the stream as text. It has no events, so each line goes under one name."""
    response = requests.get(url, stream=True, headers=HEADERS, timeout=10)
    for line in response.iter_lines(decode_unicode=True):
        report("line", line)


client, url = sys.argv[1:]
globals()["read_" + client.replace("-", "_")](url)
