//! What the causes of a PBX mean, in one table (ITU-T Q.850, section 2.2; Asterisk and FreeSWITCH both give
//! them, FreeSWITCH with some of its own above 127, whose numbers changed between its versions: they are known by
//! their names).

use crate::phone::CallEnd;
use crate::phone::telling::end;
use domain::{CallOutcome, CallStage, Leg};

use CallOutcome::{BadNumber, Busy, Declined, Failed, NoAnswer};

/// Cause, FreeSWITCH's name of it, our words, and what it means when the person had not answered.
const CAUSES: &[(u16, &str, &str, CallOutcome)] = &[
    (1, "UNALLOCATED_NUMBER", "Unallocated number", BadNumber),
    (2, "NO_ROUTE_TRANSIT_NET", "No route to transit network", Failed),
    (3, "NO_ROUTE_DESTINATION", "No route to destination", Failed),
    (16, "NORMAL_CLEARING", "Normal call clearing", NoAnswer),
    (17, "USER_BUSY", "User busy", Busy),
    (18, "NO_USER_RESPONSE", "No user responding", NoAnswer),
    (19, "NO_ANSWER", "No answer", NoAnswer),
    (20, "SUBSCRIBER_ABSENT", "Subscriber absent", NoAnswer),
    (21, "CALL_REJECTED", "Call rejected", Declined),
    (22, "NUMBER_CHANGED", "Number changed", BadNumber),
    (26, "NON_SELECTED_USER_CLEARING", "Non-selected user clearing", NoAnswer),
    (27, "DESTINATION_OUT_OF_ORDER", "Destination out of order", Failed),
    (28, "INVALID_NUMBER_FORMAT", "Invalid number format", BadNumber),
    (29, "FACILITY_REJECTED", "Facility rejected", Failed),
    (31, "NORMAL_UNSPECIFIED", "Normal, unspecified", NoAnswer),
    (34, "NORMAL_CIRCUIT_CONGESTION", "No circuit available", Failed),
    (38, "NETWORK_OUT_OF_ORDER", "Network out of order", Failed),
    (41, "NORMAL_TEMPORARY_FAILURE", "Temporary failure", Failed),
    (42, "SWITCH_CONGESTION", "Switching equipment congestion", Failed),
    (52, "OUTGOING_CALL_BARRED", "Outgoing call barred", Failed),
    (54, "INCOMING_CALL_BARRED", "Incoming call barred", Failed),
    (58, "BEARERCAPABILITY_NOTAVAIL", "Bearer capability not available", Failed),
    (88, "INCOMPATIBLE_DESTINATION", "Incompatible destination", Failed),
    (102, "RECOVERY_ON_TIMER_EXPIRE", "Recovery on timer expiry", NoAnswer),
    (127, "INTERWORKING", "Interworking, unspecified", Failed),
    (487, "ORIGINATOR_CANCEL", "Originator cancel", NoAnswer),
    (602, "ALLOTTED_TIMEOUT", "Allotted timeout", NoAnswer),
    (604, "MEDIA_TIMEOUT", "Media timeout", Failed),
    (606, "USER_NOT_REGISTERED", "User not registered", NoAnswer),
    (607, "PROGRESS_TIMEOUT", "Progress timeout", NoAnswer),
    (608, "INVALID_GATEWAY", "Invalid gateway", Failed),
    (609, "GATEWAY_DOWN", "Gateway down", Failed),
    (615, "BUSY_EVERYWHERE", "Busy everywhere", Busy),
    (616, "DECLINE", "Declined", Declined),
    (617, "DOES_NOT_EXIST_ANYWHERE", "Does not exist anywhere", BadNumber),
    (619, "UNWANTED", "Unwanted", Declined),
];

/// What is said of a cause that the table does not know.
const UNKNOWN: (&str, CallOutcome) = ("Unknown cause", Failed);

fn known(cause: u16) -> (&'static str, CallOutcome) {
    let found = CAUSES.iter().find(|(number, ..)| *number == cause);
    found.map_or(UNKNOWN, |(_, _, words, outcome)| (*words, *outcome))
}

/// The cause of FreeSWITCH's name for it; 0 when it is not known.
pub(crate) fn cause_of_words(name: &str) -> u16 {
    CAUSES.iter().find(|(_, found, ..)| *found == name).map_or(0, |(number, ..)| *number)
}

/// How far a call had come when a leg ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) stage: CallStage,
    pub(super) contact_answered: bool,
}

/// How a call ends with this leg.
pub(super) fn of(leg: Leg, cause: u16, course: Course) -> CallEnd {
    let (words, of_contact) = known(cause);
    let words = if cause == 0 { "No cause".to_owned() } else { format!("{cause} {words}") };
    let (outcome, by) = match (course.stage, leg) {
        (CallStage::Connected | CallStage::Held | CallStage::Ended, leg) => {
            (CallOutcome::Completed, Some(leg))
        }
        (CallStage::Ordered | CallStage::Dialing | CallStage::AgentRinging, _) => {
            (CallOutcome::AgentUnreachable, None)
        }
        (_, Leg::Agent) => (CallOutcome::AgentLeft, Some(leg)),
        (_, Leg::Contact) if course.contact_answered => (Declined, Some(leg)),
        // A telephone that rang out has none, where the PBX ended it.
        (_, Leg::Contact) if cause == 0 => (NoAnswer, None),
        (_, Leg::Contact) => {
            (of_contact, matches!(of_contact, Busy | Declined).then_some(Leg::Contact))
        }
    };
    end(outcome, by, &words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn told(leg: Leg, cause: u16, stage: CallStage) -> (CallOutcome, Option<Leg>) {
        let end = of(leg, cause, Course { stage, contact_answered: stage >= CallStage::Connected });
        assert!(!end.cause.is_empty() && end.cause.len() <= 128);
        (end.outcome, end.by)
    }

    #[test]
    fn what_ends_the_persons_leg_says_how() {
        let contact = Some(Leg::Contact);
        for (cause, expected) in [
            (1, (BadNumber, None)),
            (22, (BadNumber, None)),
            (28, (BadNumber, None)),
            (17, (Busy, contact)),
            (21, (Declined, contact)),
            (16, (NoAnswer, None)),
            (18, (NoAnswer, None)),
            (19, (NoAnswer, None)),
            (20, (NoAnswer, None)),
            (0, (NoAnswer, None)),
            (3, (Failed, None)),
            (34, (Failed, None)),
            (38, (Failed, None)),
            (9_999, (Failed, None)),
        ] {
            assert_eq!(told(Leg::Contact, cause, CallStage::ContactRinging), expected, "{cause}");
            assert_eq!(told(Leg::Contact, cause, CallStage::AgentAnswered), expected, "{cause}");
        }
    }

    #[test]
    fn the_agents_leg_says_when() {
        for (stage, expected) in [
            (CallStage::Dialing, (CallOutcome::AgentUnreachable, None)),
            (CallStage::AgentRinging, (CallOutcome::AgentUnreachable, None)),
            (CallStage::AgentAnswered, (CallOutcome::AgentLeft, Some(Leg::Agent))),
            (CallStage::ContactRinging, (CallOutcome::AgentLeft, Some(Leg::Agent))),
            (CallStage::Connected, (CallOutcome::Completed, Some(Leg::Agent))),
            (CallStage::Held, (CallOutcome::Completed, Some(Leg::Agent))),
        ] {
            assert_eq!(told(Leg::Agent, 17, stage), expected, "{stage:?}");
        }
        let spoke = told(Leg::Contact, 16, CallStage::Held);
        assert_eq!(spoke, (CallOutcome::Completed, Some(Leg::Contact)));
    }

    #[test]
    fn a_cause_stands_once_in_the_table_and_is_found_by_its_name() {
        let numbers: BTreeSet<u16> = CAUSES.iter().map(|(number, ..)| *number).collect();
        let names: BTreeSet<&str> = CAUSES.iter().map(|(_, name, ..)| *name).collect();
        assert_eq!((numbers.len(), names.len()), (CAUSES.len(), CAUSES.len()));
        assert_eq!((cause_of_words("USER_BUSY"), cause_of_words("NO_SUCH_WORD")), (17, 0));
    }
}
