"""Reads a stream with the client of the vendor that is named, and prints each event as a line of JSON."""

import sys

import anthropic
import openai


def read_openai(url):
    client = openai.OpenAI(api_key="none", base_url=url + "/v1", max_retries=0)
    messages = [{"role": "user", "content": "Greet me."}]
    return client.chat.completions.create(model="some-model", messages=messages, stream=True)


def read_anthropic(url):
    client = anthropic.Anthropic(api_key="none", base_url=url, max_retries=0)
    messages = [{"role": "user", "content": "Greet me."}]
    return client.messages.create(model="some-model", max_tokens=100, messages=messages, stream=True)


vendor, url = sys.argv[1:]
for event in globals()["read_" + vendor](url):
    print(event.model_dump_json(exclude_unset=True), flush=True)
