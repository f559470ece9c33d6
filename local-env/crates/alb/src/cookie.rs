//! The load balancer's own cookies: read out of requests, written into answers, and sealed, so that
//! their values mean nothing to anybody else (alb §4.7).
//!
//! The key is made anew by each process: a cookie of an earlier run is as unreadable as one that was
//! tampered with, and both are treated as none.

use std::{
    fmt, io,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use httpdate::HttpDate;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
    rand::{SecureRandom as _, SystemRandom},
};

use super::head::{Fields, Name};

/// Seals what the load balancer wants to be told again, and opens what it sealed itself.
pub(crate) struct Sealer {
    key: LessSafeKey,
    random: SystemRandom,
}

/// Returns all cookies of a request, in order: name and value, byte for byte.
pub(crate) fn cookies(fields: &Fields) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = fields.all(Name::Cookie).flat_map(|header| header.split(|&byte| byte == b';'));
    pairs.filter_map(|pair| {
        let pair = pair.trim_ascii();
        let equals = memchr::memchr(b'=', pair)?;
        Some((&pair[..equals], &pair[equals + 1..]))
    })
}

/// Returns the value of a `Set-Cookie` header. With `cors` the cookie is also sent along with
/// requests that another site makes.
pub(crate) fn set_cookie(name: &str, value: &str, expires: SystemTime, cors: bool) -> Vec<u8> {
    let expires = HttpDate::from(writable(expires));
    let cors = if cors { "; SameSite=None; Secure" } else { "" };
    format!("{name}={value}; Expires={expires}; Path=/{cors}").into_bytes()
}

/// Returns the nearest date that can be written: the format has four digits for the year, and a
/// clock may be wrong in both directions.
fn writable(time: SystemTime) -> SystemTime {
    const YEAR_9999: u64 = 253_370_764_800;
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs().min(YEAR_9999 - 1))
}

// === impl Sealer ===

impl Sealer {
    /// Makes a sealer with a key of its own.
    pub(crate) fn new() -> io::Result<Self> {
        let (random, mut key) = (SystemRandom::new(), [0; 32]);
        random.fill(&mut key).map_err(|_| io::Error::other("there are no random numbers"))?;
        let key = UnboundKey::new(&AES_256_GCM, &key)
            .map_err(|_| io::Error::other("there is no key to seal cookies with"))?;
        Ok(Self { key: LessSafeKey::new(key), random })
    }

    /// Returns the sealed text in the alphabet of base64. Without random numbers it is empty, and
    /// opens as nothing.
    pub(crate) fn seal(&self, plain: &[u8]) -> String {
        self.try_seal(plain).map_or_else(|_| String::new(), |sealed| STANDARD.encode(sealed))
    }

    /// Returns what was sealed and after it the nonce, which is another one for each value.
    fn try_seal(&self, plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce)?;
        let mut sealed = plain.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(unique, Aad::empty(), &mut sealed)?;
        sealed.extend_from_slice(&nonce);
        Ok(sealed)
    }

    /// Returns what was sealed, if this sealer did it.
    pub(crate) fn open(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = STANDARD.decode(text).ok()?;
        let nonce = sealed.split_off(sealed.len().checked_sub(NONCE_LEN)?);
        let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
        let length = self.key.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_to_what_it_was() {
        let sealer = Sealer::new().unwrap();
        for plain in [b"".as_slice(), b"target 3", &[0; 300]] {
            let text = sealer.seal(plain);
            assert_eq!(sealer.open(text.as_bytes()).as_deref(), Some(plain));
        }
    }

    #[test]
    fn a_value_is_sealed_differently_each_time() {
        let sealer = Sealer::new().unwrap();
        assert_ne!(sealer.seal(b"target 3"), sealer.seal(b"target 3"));
    }

    #[test]
    fn what_was_changed_or_sealed_by_another_does_not_open() {
        let sealer = Sealer::new().unwrap();
        let text = sealer.seal(b"target 3").into_bytes();
        for at in 0..text.len() {
            let mut changed = text.clone();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(sealer.open(&changed), None, "byte {at}");
        }
        assert_eq!(sealer.open(&text[..20]), None);
        assert_eq!(sealer.open(b""), None);
        assert_eq!(sealer.open(b"not base64!"), None);
        assert_eq!(Sealer::new().unwrap().open(&text), None);
    }

    #[test]
    fn cookies_are_found_in_all_headers_and_their_values_kept() {
        let mut fields = Fields::default();
        fields.push(b"Cookie", b"a=1;  AWSALB=x+/==; empty=; nothing");
        fields.push(b"Accept", b"c=3");
        fields.push(b"cookie", b"b=2=2 ;");
        let found: Vec<_> = cookies(&fields).collect();
        let expected: [(&[u8], &[u8]); 4] =
            [(b"a", b"1"), (b"AWSALB", b"x+/=="), (b"empty", b""), (b"b", b"2=2")];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_cookie_is_set_as_alb_sets_it() {
        let expires = UNIX_EPOCH + Duration::from_secs(1_796_205_600);
        assert_eq!(
            set_cookie("AWSALB", "dg==", expires, false),
            b"AWSALB=dg==; Expires=Wed, 02 Dec 2026 10:00:00 GMT; Path=/"
        );
        assert!(
            set_cookie("AWSALBCORS", "dg==", expires, true)
                .ends_with(b"; Path=/; SameSite=None; Secure")
        );
    }

    #[test]
    fn a_time_that_cannot_be_written_does_no_harm() {
        let far = UNIX_EPOCH + Duration::from_secs(1 << 40);
        let before = UNIX_EPOCH - Duration::from_secs(1);
        for time in [far, before] {
            assert!(set_cookie("a", "b", time, false).ends_with(b" GMT; Path=/"));
        }
    }
}
