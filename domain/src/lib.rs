//! The words of Hutong 互通, and its pure rules.
//!
//! | word | 中文 | meaning |
//! | --- | --- | --- |
//! | Tenant | 租户 | one desk's own space; every row, key, socket and event belongs to exactly one |
//! | Audience | 服务对象 | agency, staff, public |
//! | Contact | 联系人 | a person who asks; has Identities |
//! | Identity | 身份 | a contact's address on one channel |
//! | Channel | 渠道 | one configured door |
//! | Conversation | 会话 | what the contact wants, from first word to close |
//! | Message | 消息 | one entry of a conversation's log, with a gapless `seq` |
//! | Request type | 诉求类型 | consultation, request, fault, complaint, suggestion, help, report |
//! | Agent | 坐席 | a person of the desk |
//! | Skill | 技能 | a name with a level 1 to 5 |
//! | Queue | 队列 | a named service line |
//! | Need | 需求 | skills at levels, and a channel kind; equal needs share a lane |
//! | Offer | 派单 | a conversation held out to exactly one agent, with a deadline |
//! | Assignment | 受理 | an accepted offer, until close or transfer |
//! | Capacity | 容量 | units: an agent has 100; each channel kind costs some |
//! | Timer | 定时 | something due later |
//! | Event | 事件 | a fact in the past tense |
//! | Delivery | 投递 | one outbound message on its way |
//! | Notification | 通知 | a hint to a device that there is something to read |
//! | Device | 设备 | a telephone, tablet or browser that carries an app and can be woken |
//!
//! This crate touches nothing: no IO, no async, no clock of its own.

pub mod agent;
pub mod calendar;
pub mod call;
pub mod callback;
pub mod channel;
pub mod contact;
pub mod conversation;
pub mod desk;
pub mod device;
pub mod event;
pub mod id;
pub mod limits;
pub mod mail;
pub mod message;
pub mod need;
pub mod network;
pub mod queue;
pub mod text;
pub mod time;
pub mod wishes;

pub use agent::{Agent, Capacity, KindCapacity, Presence, Role};
pub use calendar::Calendar;
pub use call::{CallOutcome, CallStage, Leg, NotE164, PhoneNumber};
pub use callback::{CallWish, Callback, CallbackState, Follows, LiveCall, RetryPolicy};
pub use channel::{Channel, ChannelKind, Topic};
pub use contact::{Audience, Contact, Evidence, EvidenceKind, Identity};
pub use conversation::{Conversation, ConversationInfo, State};
pub use desk::{Desk, QuickReply, RequestType, Skill, Webhook};
pub use device::{NotificationKind, PushProvider};
pub use event::{Commit, Event};
pub use id::{
    AgentId, CalendarId, CallId, ChannelId, ContactId, ConversationId, DeliveryId, DeviceId,
    EndpointId, FileId, MessageId, OfferToken, QueueId, RefusedNumberId, SkillId, TenantId,
};
pub use mail::{MailAddress, MailHead, MailTrust, MailVerdict, MailWarning};
pub use message::{
    Author, FileRef, Message, MessageContent, MessageKind, Notice, UNREACHED_OTHERS_MAX, Unreached,
};
pub use need::Need;
pub use network::{Network, is_inner};
pub use queue::{AgentRule, Entry, PlanAction, PlanStep, Queue};
pub use text::{Locale, Localized};
pub use time::{Clock, Timestamp};
pub use wishes::{NotificationWishes, QuietHours, Wish};
