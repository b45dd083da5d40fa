"""Writes a decoded stream to stdout, as it arrives, with the client that is named."""

import sys

import httpx
import requests


def chunks_of_requests(url):
    with requests.get(url, stream=True, timeout=10) as response:
        while chunk := response.raw.read1(65536, decode_content=True):
            yield chunk


def chunks_of_httpx(url):
    with httpx.Client(timeout=10) as client, client.stream("GET", url) as response:
        yield from response.iter_bytes()


for chunk in {"requests": chunks_of_requests, "httpx": chunks_of_httpx}[sys.argv[1]](sys.argv[2]):
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
