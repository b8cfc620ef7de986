"""Signs a time as DingTalk does, by a kit that others wrote (DingtalkChatbot): prints the time and the
signature."""

import sys
import time
from urllib.parse import parse_qs, urlparse

from dingtalkchatbot.chatbot import DingtalkChatbot

robot = DingtalkChatbot("https://oapi.dingtalk.com/robot/send?access_token=x", secret=sys.argv[1])
robot.start_time = time.time()
robot.update_webhook()
query = parse_qs(urlparse(robot.webhook).query)
print(query["timestamp"][0], query["sign"][0])
