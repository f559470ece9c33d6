//! A stack without what is not emulated: resources that ask for that are left out, and those that
//! need one of them, or one that no template has, until the rest can be run. A service goes on
//! without the target group or the registry that is gone. What AWS would refuse stays a mistake.

use crate::{
    problem::{Reason, StackError, StackProblem},
    reader::whole,
    resource_type::SERVICE,
};
use cloudformation::{PropertyPath, Resolved, Step, Value};
use stack::{Allowed, Cause, LogicalId, Stack, Warning};

/// Lists of which a service can do without an item.
const SPARED: [&str; 2] = ["LoadBalancers", "ServiceRegistries"];

/// A resource, or an item of it, that is to be left out.
struct Culprit {
    logical_id: LogicalId,
    item: Option<Item>,
    problem: StackProblem,
}

/// An item of one of a service's lists.
struct Item {
    list: &'static str,
    index: usize,
}

/// Reads the rest of the stack, with a warning for each resource that is left out.
pub(super) fn read(resolved: &Resolved, allowed: Allowed) -> Result<Stack, StackError> {
    let mut kept = resolved.clone();
    let mut left_out = Vec::new();
    loop {
        let error = match whole(&kept, allowed) {
            Ok(mut stack) => {
                left_out.append(&mut stack.coverage.warnings);
                stack.coverage.warnings = left_out;
                return Ok(stack);
            }
            Err(error) => error,
        };
        let culprits = error.problems().iter().map(|problem| Culprit::of(&kept, problem));
        let Some(culprits) = culprits.collect::<Option<Vec<_>>>() else { return Err(error) };
        for culprit in culprits {
            culprit.leave_out(&mut kept);
            left_out.push(culprit.warning());
        }
    }
}

// === impl Culprit ===

impl Culprit {
    /// Returns what to leave out for a problem; `None` where it is a mistake.
    fn of(resolved: &Resolved, problem: &StackProblem) -> Option<Self> {
        let (Reason::NotEmulated(_) | Reason::NotInTemplate { .. }) = problem.reason else {
            return None;
        };
        let resource = resolved.resources.get(problem.logical_id())?;
        let is_service = resource.resource_type == SERVICE;
        let item = is_service.then(|| Item::of(&problem.path.within_properties()));
        Some(Self {
            logical_id: (&resource.logical_id).into(),
            item: item.flatten(),
            problem: problem.clone(),
        })
    }

    /// Leaves it out. Each time there is less of the template, so that this comes to an end.
    fn leave_out(&self, kept: &mut Resolved) {
        let resource = kept.resources.get_mut(self.logical_id.as_str());
        let removed = match (&self.item, resource) {
            (Some(item), Some(resource)) => item.remove(&mut resource.properties.value),
            _ => false,
        };
        if !removed {
            kept.resources.shift_remove(self.logical_id.as_str());
        }
    }

    fn warning(self) -> Warning {
        let path = |Item { list, index }| PropertyPath::default().key(list).index(index);
        let property = self.item.map_or_else(PropertyPath::default, path);
        Warning::LeftOut { logical_id: self.logical_id, property, cause: Cause::new(self.problem) }
    }
}

// === impl Item ===

impl Item {
    /// Makes it of the way to one of its properties: `LoadBalancers[1].TargetGroupArn`.
    fn of(path: &PropertyPath) -> Option<Self> {
        let [Step::Key(list), Step::Index(index), ..] = path.steps() else { return None };
        let list = SPARED.into_iter().find(|spared| *spared == list)?;
        Some(Self { list, index: *index })
    }

    fn remove(&self, properties: &mut Value) -> bool {
        let Value::Map(properties) = properties else { return false };
        let Some(entry) = properties.get_mut(self.list) else { return false };
        let Value::List(items) = &mut entry.node.value else { return false };
        let exists = self.index < items.len();
        if exists {
            items.remove(self.index);
        }
        exists
    }
}
