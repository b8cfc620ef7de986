"""Seals and signs an event as Feishu documents it, and has Feishu's own kit (lark-oapi) open it; or opens
one that somebody else sealed. The judgement of the kit is its exit code.

seal KEY TOKEN: an event on the standard input; prints time, nonce, signature and body as JSON.
open KEY TOKEN: such JSON on the standard input; prints the message's content."""

import base64
import hashlib
import json
import os
import sys
import time

import lark_oapi as lark
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad
from lark_oapi.core.model import RawRequest

what, key, token = sys.argv[1:]
heard = []
handler = lark.EventDispatcherHandler.builder(key, token)
handler = handler.register_p2_im_message_receive_v1(lambda data: heard.append(data)).build()


def judged(call):
    request = RawRequest()
    request.uri, request.body = "/", call["body"].encode()
    request.headers = {
        "X-Lark-Request-Timestamp": call["time"],
        "X-Lark-Request-Nonce": call["nonce"],
        "X-Lark-Signature": call["signature"],
    }
    return handler.do(request).status_code


if what == "seal":
    iv = os.urandom(16)
    cipher = AES.new(hashlib.sha256(key.encode()).digest(), AES.MODE_CBC, iv)
    sealed = iv + cipher.encrypt(pad(sys.stdin.buffer.read(), 16))
    call = {"time": str(int(time.time())), "nonce": os.urandom(8).hex()}
    call["body"] = json.dumps({"encrypt": base64.b64encode(sealed).decode()})
    parts = call["time"] + call["nonce"] + key + call["body"]
    call["signature"] = hashlib.sha256(parts.encode()).hexdigest()
    status = judged(call)
    print(json.dumps(call))
else:
    status = judged(json.load(sys.stdin))
    print(heard[0].event.message.content if heard else "")
sys.exit(0 if status == 200 else 1)
