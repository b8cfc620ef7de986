//! Who may see and do what: every object-level decision, in one place.
//!
//! Another tenant's object and one that does not exist are the same thing: [`Denied::Unknown`].
//! Redis and the archive are always asked with the principal's own tenant, so an object of another
//! tenant cannot even be read.

use super::{AgentIdentity, KeyIdentity, Principal, VisitorIdentity};
use domain::{AgentId, Conversation, Role, State, TenantId};
use records::files::{FileRecord, Uploader};

/// Why something may not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// For this principal it does not exist.
    Unknown,
    /// It exists, but the role does not reach.
    Role,
    /// The password must be changed before anything else.
    PasswordChange,
}

/// A member of the desk: an agent, or an integration with a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The tenant.
    pub tenant: TenantId,
    /// The role.
    pub role: Role,
    /// The agent; none for an integration.
    pub agent: Option<AgentId>,
    /// Name for the audit trail.
    pub name: String,
}

impl Staff {
    /// An agent as staff.
    pub fn of_agent(agent: &AgentIdentity) -> Self {
        Self {
            tenant: agent.tenant.clone(),
            role: agent.role,
            agent: Some(agent.agent.clone()),
            name: format!("agent:{}", agent.agent),
        }
    }

    /// An integration as staff.
    pub fn of_key(key: &KeyIdentity) -> Self {
        Self {
            tenant: key.tenant.clone(),
            role: key.role,
            agent: None,
            name: format!("api_key:{}", key.id),
        }
    }

    /// The agent; what only a person can do is not for integrations.
    ///
    /// # Errors
    /// [`Denied::Role`].
    pub fn person(&self) -> Result<&AgentId, Denied> {
        self.agent.as_ref().ok_or(Denied::Role)
    }

    /// Is the role at least this one?
    ///
    /// # Errors
    /// [`Denied::Role`].
    pub fn at_least(&self, role: Role) -> Result<(), Denied> {
        if self.role >= role { Ok(()) } else { Err(Denied::Role) }
    }
}

/// The principal as staff with at least this role.
///
/// # Errors
/// See [`Denied`]. A visitor is nobody here.
pub fn staff(principal: &Principal, least: Role) -> Result<Staff, Denied> {
    let staff = match principal {
        Principal::Agent(agent) if agent.must_change_password => {
            return Err(Denied::PasswordChange);
        }
        Principal::Agent(agent) => Staff::of_agent(agent),
        Principal::Key(key) => Staff::of_key(key),
        Principal::Visitor(_) => return Err(Denied::Role),
    };
    staff.at_least(least)?;
    Ok(staff)
}

/// May a member of the desk read this open conversation? Whoever holds it or is offered it, and
/// supervisors. Agents may also read what waits for nobody in particular? No: only what is theirs.
///
/// # Errors
/// [`Denied::Unknown`].
pub fn may_read(staff: &Staff, conversation: &Conversation) -> Result<(), Denied> {
    let holds = staff.agent.is_some() && conversation.agent == staff.agent;
    if holds || staff.role >= Role::Supervisor { Ok(()) } else { Err(Denied::Unknown) }
}

/// May a member of the desk read an archived conversation? Its agent may, supervisors may, and any
/// agent who now holds an open conversation with the same contact may (`serves_contact`).
///
/// # Errors
/// [`Denied::Unknown`].
pub fn may_read_archived(
    staff: &Staff,
    agent: Option<&AgentId>,
    serves_contact: bool,
) -> Result<(), Denied> {
    let was_theirs = staff.agent.is_some() && staff.agent.as_ref() == agent;
    if was_theirs || serves_contact || staff.role >= Role::Supervisor {
        Ok(())
    } else {
        Err(Denied::Unknown)
    }
}

/// May the visitor see this conversation? It is the contact's own, on the token's channel.
///
/// # Errors
/// [`Denied::Unknown`].
pub fn visitor_may_read(visitor: &VisitorIdentity, own: &Conversation) -> Result<(), Denied> {
    let theirs = own.contact == visitor.contact && own.channel == visitor.channel;
    if theirs { Ok(()) } else { Err(Denied::Unknown) }
}

/// May whoever uploaded a file have it back before it belongs to a conversation?
pub fn uploaded(principal: &Principal, file: &FileRecord) -> bool {
    match (&file.uploaded_by, principal) {
        (Uploader::Contact(id), Principal::Visitor(visitor)) => *id == visitor.contact,
        (Uploader::Agent(id), Principal::Agent(agent)) => *id == agent.agent,
        _ => false,
    }
}

/// Is a held conversation one that its agent may still write in?
pub fn is_open(state: State) -> bool {
    !matches!(state, State::Closed)
}

#[cfg(test)]
mod tests;
