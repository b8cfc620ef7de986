"""Calls the API as Feishu's own kit (lark-oapi) does: what an agent says, and what becomes of it."""

import io
import json
import sys

import lark_oapi as lark
from lark_oapi.api.contact.v3 import GetUserRequest
from lark_oapi.api.im.v1 import (
    CreateFileRequest, CreateFileRequestBody, CreateImageRequest, CreateImageRequestBody,
    CreateMessageReactionRequest, CreateMessageReactionRequestBody, CreateMessageRequest,
    CreateMessageRequestBody, DeleteMessageRequest, Emoji, GetMessageResourceRequest,
    PatchMessageRequest, PatchMessageRequestBody, ReplyMessageRequest, ReplyMessageRequestBody,
    UpdateMessageRequest, UpdateMessageRequestBody,
)

domain, app, secret, member = sys.argv[1:]
client = lark.Client.builder().app_id(app).app_secret(secret).domain(domain).build()
text = json.dumps({"text": "您好"}, ensure_ascii=False)


def tell(name, answer):
    print(name, answer.success(), answer.code, answer.msg, flush=True)
    assert answer.success(), name
    return answer


messages = client.im.v1.message
body = CreateMessageRequestBody.builder().receive_id(member).msg_type("text").content(text)
request = CreateMessageRequest.builder().receive_id_type("open_id")
created = tell("create", messages.create(request.request_body(body.uuid("k1").build()).build()))
print(created.data.message_id)
body = ReplyMessageRequestBody.builder().msg_type("text").content(text).uuid("k2").build()
tell("reply", messages.reply(ReplyMessageRequest.builder().message_id("om_1").request_body(body).build()))
body = UpdateMessageRequestBody.builder().msg_type("text").content(text).build()
tell("update", messages.update(UpdateMessageRequest.builder().message_id("om_1").request_body(body).build()))
body = PatchMessageRequestBody.builder().content("{}").build()
tell("patch", messages.patch(PatchMessageRequest.builder().message_id("om_1").request_body(body).build()))
tell("delete", messages.delete(DeleteMessageRequest.builder().message_id("om_1").build()))
emoji = Emoji.builder().emoji_type("THUMBSUP").build()
body = CreateMessageReactionRequestBody.builder().reaction_type(emoji).build()
request = CreateMessageReactionRequest.builder().message_id("om_1").request_body(body).build()
tell("react", client.im.v1.message_reaction.create(request))
body = CreateImageRequestBody.builder().image_type("message").image(io.BytesIO(b"PNG")).build()
tell("image", client.im.v1.image.create(CreateImageRequest.builder().request_body(body).build()))
body = CreateFileRequestBody.builder().file_type("pdf").file_name("a.pdf").file(io.BytesIO(b"PDF"))
tell("file", client.im.v1.file.create(CreateFileRequest.builder().request_body(body.build()).build()))
request = GetMessageResourceRequest.builder().message_id("om_1").file_key("file_v2_1").type("file")
got = tell("resource", client.im.v1.message_resource.get(request.build()))
print(got.file.read())
request = GetUserRequest.builder().user_id(member).user_id_type("open_id")
request = request.department_id_type("open_department_id").build()
tell("user", client.contact.v3.user.get(request))
