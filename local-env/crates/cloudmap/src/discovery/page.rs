//! The pages of a list (cloudmap-ecs §6.1), whose tokens are the index of the first item that is left.

use super::{error::ApiError, request::PageRequest};

const MAX_RESULTS: usize = 100;

/// A page: a part of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// `NextToken`; absent where nothing is left.
    pub(super) next_token: Option<String>,
}

// === impl Page ===

impl<T> Page<T> {
    /// Returns the page of a list that a request asks for.
    pub(super) fn of(
        mut items: impl Iterator<Item = T>,
        request: &PageRequest,
    ) -> Result<Self, ApiError> {
        let size = limit(request.max_results, MAX_RESULTS)?;
        let start = request.next_token.as_deref().map_or(Ok(0), place)?;
        let page = items.by_ref().skip(start).take(size).collect();
        let next_token = items.next().map(|_| start.saturating_add(size).to_string());
        Ok(Self { items: page, next_token })
    }
}

/// Returns how many items are wanted, of up to `most`; 100 where nothing is said.
pub(super) fn limit(wanted: Option<usize>, most: usize) -> Result<usize, ApiError> {
    match wanted {
        None => Ok(MAX_RESULTS),
        Some(wanted) if (1..=most).contains(&wanted) => Ok(wanted),
        Some(wanted) => {
            let what = format!("MaxResults is {wanted}, and must be from 1 to {most}");
            Err(ApiError::InvalidInput(what))
        }
    }
}

fn place(token: &str) -> Result<usize, ApiError> {
    let invalid = |_| ApiError::InvalidInput(format!("NextToken is `{token}`, which is no token"));
    token.parse().map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(max_results: usize, token: Option<&str>) -> Result<Page<usize>, ApiError> {
        let max_results = Some(max_results);
        Page::of(0..5, &PageRequest { max_results, next_token: token.map(Into::into) })
    }

    #[test]
    fn the_pages_of_a_list_have_all_of_it_once() {
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let page = page(2, token.as_deref()).unwrap();
            seen.extend(page.items);
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4]);
        assert_eq!(page(5, None).unwrap().next_token, None);
    }

    #[test]
    fn sizes_and_tokens_that_cannot_be_are_refused() {
        for (size, token) in [(0, None), (101, None), (5, Some("x")), (5, Some("-1"))] {
            assert!(
                matches!(page(size, token), Err(ApiError::InvalidInput(_))),
                "{size} {token:?}"
            );
        }
        assert!(page(5, Some("18446744073709551615")).unwrap().items.is_empty());
    }
}
