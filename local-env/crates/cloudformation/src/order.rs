//! An order in which everything comes after what it refers to, or the circle that forbids one.

use indexmap::IndexMap;

/// Returns the names of a graph in such an order; the error is a circle whose last name is its first.
/// A name that is not in the graph is left to whoever evaluates the reference to it.
pub(super) fn order(graph: &IndexMap<String, Vec<String>>) -> Result<Vec<&str>, Vec<&str>> {
    let mut walk = Walk { graph, states: vec![State::New; graph.len()], order: Vec::new() };
    for start in 0..graph.len() {
        walk.from(start)?;
    }
    Ok(walk.order)
}

struct Walk<'a> {
    graph: &'a IndexMap<String, Vec<String>>,
    states: Vec<State>,
    order: Vec<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    OnTheWay,
    Done,
}

// === impl Walk ===

impl<'a> Walk<'a> {
    /// Walks depth first, with a stack of its own: a chain of references may be as long as the
    /// template.
    fn from(&mut self, start: usize) -> Result<(), Vec<&'a str>> {
        if self.states[start] != State::New {
            return Ok(());
        }
        self.states[start] = State::OnTheWay;
        let mut way = vec![(start, 0)];
        while let Some((at, next)) = way.last_mut() {
            let at = *at;
            let Some(name) = self.graph[at].get(*next) else {
                self.states[at] = State::Done;
                self.order.push(self.name(at));
                way.pop();
                continue;
            };
            *next += 1;
            let Some(to) = self.graph.get_index_of(name) else { continue };
            match self.states[to] {
                State::Done => {}
                State::New => {
                    self.states[to] = State::OnTheWay;
                    way.push((to, 0));
                }
                State::OnTheWay => {
                    let circle = way.iter().map(|(at, _)| *at).skip_while(|at| *at != to);
                    return Err(circle.chain([to]).map(|at| self.name(at)).collect());
                }
            }
        }
        Ok(())
    }

    fn name(&self, index: usize) -> &'a str {
        self.graph.get_index(index).map_or("", |(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> IndexMap<String, Vec<String>> {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        edges.iter().map(|(from, to)| (from.to_string(), names(to))).collect()
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let graph = graph(&[("a", &["b", "c"]), ("b", &["c", "elsewhere"]), ("c", &[])]);
        assert_eq!(order(&graph), Ok(vec!["c", "b", "a"]));
    }

    #[test]
    fn a_circle_is_named_without_the_way_to_it() {
        let graph = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]);
        assert_eq!(order(&graph), Err(vec!["b", "c", "b"]));
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let chain = (0..200_000).map(|n| (n.to_string(), vec![(n + 1).to_string()])).collect();
        assert_eq!(order(&chain).map(|order| order.len()), Ok(200_000));
    }
}
