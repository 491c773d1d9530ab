"""Asking the server without a browser."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

FOUNDING: dict[str, Any] = {"formula": "p = softmax(o); -sum_i(y[i]*log(p[i]))", "wrt": "o", "given": ["onehot(y)"]}


def post(url: str, kind: str, body: Any, **headers: str) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    request = urllib.request.Request(f"{url}api/{kind}", data, named)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
