//! Entering by a plan, and what of it comes next.

use super::{Conv, Lane, Twin};
use domain::PlanAction;

impl Twin {
    /// Enters by the plan, without the first steps whose agents take no work.
    pub(super) fn enter(&mut self, id: &str, excluded: Vec<domain::AgentId>, but: Option<&str>) {
        let now = self.now;
        let conv = self.conv(id);
        let mut plan = conv.entry.plan.clone();
        while let Some(only) = &Conv::need_of(&plan[0]).only {
            let next = plan[1..].iter().find(|s| matches!(s.action, PlanAction::Lane(_)));
            let ready = self.people.get(only.as_str()).is_some_and(|p| p.presence == "ready");
            let Some(length) = next.map(|next| next.after_ms).filter(|_| !ready) else { break };
            plan.remove(0);
            for step in plan.iter_mut().filter(|s| matches!(s.action, PlanAction::Lane(_))) {
                step.after_ms -= length;
            }
            plan.sort_by_key(|step| match step.action {
                PlanAction::Lane(_) => (0, step.after_ms, 0),
                PlanAction::Overflow => (0, step.after_ms, 1),
                PlanAction::Overdue => (1, 0, 0),
                PlanAction::Remind => (2, 0, 0),
            });
        }
        let need = Conv::need_of(&plan[0]).clone();
        let edit = self.edit(id);
        edit.entry.plan = plan;
        (edit.entered, edit.step) = (now, 1);
        edit.lane = Some(Lane { need, excluded });
        self.queued(id, but);
    }
}

/// The steps after the first in order of their times, each with its time; the reminder is last.
pub(super) fn steps_to_come(conv: &Conv, now: i64) -> Vec<(i64, PlanAction)> {
    let mut steps: Vec<_> = conv.entry.plan[1..]
        .iter()
        .map(|step| match step.action {
            PlanAction::Lane(_) => (0, conv.entered + step.after_ms, 0, step),
            PlanAction::Overdue => (0, conv.entry.due_at.0, 1, step),
            PlanAction::Overflow => (0, conv.entered + step.after_ms, 2, step),
            PlanAction::Remind => (1, now + step.after_ms, 0, step),
        })
        .collect();
    steps.sort_by_key(|(last, at, kind, _)| (*last, *at, *kind));
    steps.into_iter().map(|(_, at, _, step)| (at, step.action.clone())).collect()
}

/// When the next step comes.
pub(super) fn step_time(conv: &Conv, now: i64) -> i64 {
    steps_to_come(conv, now)[conv.step - 1].0
}
