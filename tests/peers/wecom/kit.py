"""wechatpy, the community's kit for WeCom: what it seals we must open, what we seal it must open, and the
stand-in of WeCom's servers must get along with its client. A question is a line of JSON, and so is the
answer."""

import json
import logging
import sys
import tempfile
import warnings

import requests

from wechatpy.enterprise import WeChatClient, parse_message
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def crypto(q):
    return WeChatCrypto(q["token"], q["key"], q["corp"])


def seal(q):
    """A message, as the kit would send it: the XML with the sealed text, and the signature over it."""
    xml = crypto(q).encrypt_message(q["text"], q["nonce"], q["timestamp"])
    cut = lambda name: xml.split(f"<{name}><![CDATA[")[1].split("]]>")[0]
    return {"xml": xml, "sealed": cut("Encrypt"), "signature": cut("MsgSignature")}


def open_sealed(q):
    """What the kit reads out of something that we sealed."""
    try:
        args = (q["signature"], q["timestamp"], q["nonce"], q["sealed"])
        return {"text": crypto(q).check_signature(*args)}
    except WeChatException as error:
        return {"refused": type(error).__name__}


def parse(q):
    """What the kit makes of a message's XML."""
    found = parse_message(q["xml"])
    names = ("type", "event", "id", "source", "content", "media_id", "label", "location", "key", "title", "url",
             "description", "scan_result")
    answer = {name: getattr(found, name, None) for name in names}
    return {name: str(value) for name, value in answer.items() if value not in (None, "")}


class Client(WeChatClient):
    """The kit's client, at another address: it has the public one built in at two places."""

    def __init__(self, url, *args):
        self.API_BASE_URL = f"{url}/cgi-bin/"
        self.url = url
        super().__init__(*args)

    def fetch_access_token(self):
        params = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=f"{self.url}/cgi-bin/gettoken", params=params)


CLIENT = None


def client(q):
    """One call of the kit's client."""
    global CLIENT
    if "url" in q:
        CLIENT = Client(q["url"], q["corp"], q["secret"])
    calls = {
        "text": lambda: CLIENT.message.send_text(q["agent"], q["user"], q["text"]),
        "file": lambda: CLIENT.message.send_file(q["agent"], q["user"], q["media_id"]),
        "user": lambda: CLIENT.user.get(q["user"]),
        "department": lambda: CLIENT.get("department/get", params={"id": q["id"]}),
        "agent": lambda: CLIENT.agent.get(q["agent"]),
        "post": lambda: CLIENT.post(q["path"], data=q["body"]),
        "upload": lambda: upload(q["name"], q["content"]),
        "download": lambda: download(q["media_id"]),
    }
    try:
        return {"result": calls[q["call"]]()}
    except WeChatException as error:
        return {"errcode": error.errcode, "errmsg": error.errmsg}


def upload(name, content):
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/{name}", "w+b") as file:
            file.write(content.encode())
            file.seek(0)
            return CLIENT.media.upload("file", file)


def download(media_id):
    address = CLIENT.media.get_url(media_id).replace("https://qyapi.weixin.qq.com", CLIENT.url)
    return requests.get(address, timeout=10).text


DOES = {"seal": seal, "open": open_sealed, "parse": parse, "client": client}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = DOES[question["do"]](question)
    except Exception as error:  # whatever it is, the test must see it
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, ensure_ascii=False), flush=True)
