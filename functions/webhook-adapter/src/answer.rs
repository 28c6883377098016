//! What a receiver's answer means.

use http::StatusCode;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;
use tola_catalog::listing::Visibility;
use tola_catalog::{Problem, ProblemClass, Timestamp};
use tola_channel::{Failure, code};

use crate::post::{Answer, PostError};

/// The longest id that a receiver gives a listing, in characters.
const MAX_EXTERNAL_ID: usize = 200;

/// How much of a receiver's own words is passed on, in characters.
const MAX_WORDS: usize = 300;

/// When a receiver that has too much to do is asked again, if it does not say: in seconds.
const PATIENCE: u32 = 30;

/// The longest that a workflow is asked to wait, in seconds.
const MAX_PATIENCE: u32 = tola_contracts::channel::MAX_WAIT_SECONDS;

/// A delivery that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Accepted {
    /// Whether the receiver has had it before.
    pub(crate) already: bool,
    /// Its own id of the listing.
    pub(crate) external_id: Option<String>,
    /// Whether buyers see it.
    pub(crate) visibility: Option<Visibility>,
}

/// Whether the receiver did not believe the signature.
pub(crate) fn is_disbelief(answer: &Answer) -> bool {
    matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

/// What an answer means.
pub(crate) fn read(answer: &Answer, now: Timestamp) -> Result<Accepted, Failure> {
    let status = answer.status;
    let patience = answer.retry_after.as_deref().and_then(|text| seconds(text, now));
    match status.as_u16() {
        200..=299 => Ok(accepted(answer)),
        300..=399 => Err(refused(
            ProblemClass::Validation,
            code::CHANNEL_MISCONFIGURED,
            format!("The receiver redirects ({status}); that is never followed. Connect it with the URL it leads to."),
        )),
        401 | 403 => Err(refused(
            ProblemClass::Auth,
            code::CHANNEL_AUTH_BROKEN,
            with_words(&format!("The receiver does not accept the signature ({status})"), answer),
        )),
        408 | 425 => Err(Failure::Transient(format!("the receiver answered {status}"))),
        410 => Err(refused(
            ProblemClass::Policy,
            code::CHANNEL_REFUSED,
            with_words(&format!("The receiver wants no more deliveries ({status})"), answer),
        )),
        429 => Err(throttled(status, patience.unwrap_or(PATIENCE))),
        503 if patience.is_some() => Err(throttled(status, patience.unwrap_or(PATIENCE))),
        400..=499 => {
            let message = with_words(&format!("The receiver does not want it ({status})"), answer);
            let problem = Problem::new(ProblemClass::Validation, code::CHANNEL_REFUSED, message);
            Err(Failure::Refused(match pointer(answer) {
                Some(pointer) => problem.at(pointer),
                None => problem,
            }))
        }
        _ => Err(Failure::Transient(format!("the receiver answered {status}"))),
    }
}

/// What it means that there is no answer.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(crate) fn none(error: PostError) -> Failure {
    let cause = tola_step::chain(&error);
    let unreachable = |message: &str| {
        let problem = Problem::new(ProblemClass::Validation, code::CHANNEL_MISCONFIGURED, message);
        Failure::Refused(problem.at("/config/url"))
    };
    match error {
        PostError::Private => {
            // Which one is not said: it would tell of our network.
            unreachable("The receiver's host has an address that is not of the public internet.")
        }
        PostError::Certificate(_) => {
            tracing::info!(error = cause, "the receiver's certificate is not valid");
            unreachable("The receiver's certificate is expired, for another host, or of an authority nobody knows.")
        }
        _ => Failure::Transient(cause),
    }
}

fn accepted(answer: &Answer) -> Accepted {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    // What is said in another form than ours is not said to us: the delivery has arrived, whatever the body holds.
    let fits = |id: &&str| (1..=MAX_EXTERNAL_ID).contains(&id.chars().count()) && !id.chars().any(char::is_control);
    let external_id = body.get("external_id").and_then(Value::as_str).filter(fits).map(ToOwned::to_owned);
    let visibility = body.get("visibility").and_then(|said| serde_json::from_value(said.clone()).ok());
    Accepted { already: answer.status == StatusCode::ALREADY_REPORTED, external_id, visibility }
}

fn refused(class: ProblemClass, code: tola_catalog::code::Code, message: String) -> Failure {
    Failure::Refused(Problem::new(class, code, message))
}

fn throttled(status: StatusCode, seconds: u32) -> Failure {
    let message = format!("The receiver has too much to do ({status}).");
    Failure::Throttled { seconds, problem: Problem::new(ProblemClass::Throttled, code::CHANNEL_THROTTLED, message) }
}

/// `Retry-After`: seconds, or a date. RFC 9110, 10.2.3.
fn seconds(text: &str, now: Timestamp) -> Option<u32> {
    let text = text.trim();
    let seconds = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are a very long time.
        text.parse::<u64>().unwrap_or(u64::MAX)
    } else {
        let date = DateTimeParser::new().parse_timestamp(text).ok()?;
        u64::try_from(date.as_second().saturating_sub(now.as_millis().div_euclid(1_000))).unwrap_or(0)
    };
    Some(u32::try_from(seconds).unwrap_or(u32::MAX).clamp(1, MAX_PATIENCE))
}

/// `summary: what the receiver says.`
fn with_words(summary: &str, answer: &Answer) -> String {
    match words(answer, "/error/message", MAX_WORDS) {
        Some(words) => format!("{summary}: {words}"),
        None => format!("{summary}."),
    }
}

fn pointer(answer: &Answer) -> Option<String> {
    words(answer, "/error/pointer", MAX_WORDS).filter(|pointer| pointer.starts_with('/'))
}

/// A text of the receiver's, without what could disturb a terminal or a log, and not too much of it.
fn words(answer: &Answer, at: &str, most: usize) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let plain: String = body.pointer(at)?.as_str()?.chars().filter(|&c| is_plain(c)).take(most).collect();
    Some(plain.trim().to_owned()).filter(|words| !words.is_empty())
}

/// Neither a control character nor one that turns the direction of what follows.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status: StatusCode::from_u16(status).unwrap(), retry_after: None, body: body.to_owned().into() }
    }

    fn after(status: u16, retry_after: &str) -> Answer {
        Answer { retry_after: Some(retry_after.to_owned()), ..answer(status, "") }
    }

    fn understood(answer: &Answer) -> Result<Accepted, Failure> {
        // Sunday, 6 November 1994, 08:49:37.
        read(answer, Timestamp::from_millis(784_111_777_000))
    }

    fn problem(answer: &Answer) -> Problem {
        match understood(answer) {
            Err(Failure::Refused(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn success_may_name_the_listing() {
        for status in [200, 201, 202, 204] {
            assert_eq!(understood(&answer(status, "")), Ok(Accepted::default()), "{status}");
        }
        let said = answer(200, r#"{"external_id": "shop-7", "visibility": "UNDER_REVIEW", "more": 1}"#);
        let accepted = understood(&said).unwrap();
        assert_eq!(
            (accepted.external_id.as_deref(), accepted.visibility),
            (Some("shop-7"), Some(Visibility::UnderReview))
        );
        assert!(understood(&answer(208, "")).unwrap().already);
    }

    #[test]
    fn what_success_says_in_another_form_is_not_heard() {
        let long = format!(r#"{{"external_id": "{}"}}"#, "x".repeat(201));
        for body in [
            "ok",
            "[]",
            "7",
            r#"{"external_id": 7, "visibility": "GONE"}"#,
            r#"{"external_id": ""}"#,
            r#"{"external_id": "a\u0000"}"#,
            &long,
        ] {
            assert_eq!(understood(&answer(200, body)), Ok(Accepted::default()), "{body}");
        }
    }

    #[test]
    fn refusals_have_a_class() {
        for (status, class, code) in [
            (301, ProblemClass::Validation, "CHANNEL_MISCONFIGURED"),
            (302, ProblemClass::Validation, "CHANNEL_MISCONFIGURED"),
            (308, ProblemClass::Validation, "CHANNEL_MISCONFIGURED"),
            (400, ProblemClass::Validation, "CHANNEL_REFUSED"),
            (401, ProblemClass::Auth, "CHANNEL_AUTH_BROKEN"),
            (403, ProblemClass::Auth, "CHANNEL_AUTH_BROKEN"),
            (404, ProblemClass::Validation, "CHANNEL_REFUSED"),
            (409, ProblemClass::Validation, "CHANNEL_REFUSED"),
            (410, ProblemClass::Policy, "CHANNEL_REFUSED"),
            (413, ProblemClass::Validation, "CHANNEL_REFUSED"),
            (422, ProblemClass::Validation, "CHANNEL_REFUSED"),
        ] {
            let problem = problem(&answer(status, ""));
            assert_eq!((problem.class, problem.code.as_str()), (class, code), "{status}");
            assert!(problem.message.contains(&status.to_string()) && !problem.remedy.is_empty(), "{problem:?}");
        }
    }

    #[test]
    fn the_rest_is_tried_again() {
        for status in [408, 425, 500, 502, 503, 504, 599] {
            assert!(matches!(understood(&answer(status, "")), Err(Failure::Transient(_))), "{status}");
        }
    }

    #[test]
    fn patience_is_seconds_or_a_date() {
        for (answer, expected) in [
            (after(429, "7"), 7),
            (after(503, " 7 "), 7),
            (after(429, "0"), 1),
            (after(429, "99999999999999999999999"), 900),
            (after(429, "Sun, 06 Nov 1994 08:49:44 GMT"), 7),
            (after(503, "Sun, 06 Nov 1994 07:00:00 GMT"), 1),
            (after(429, "Mon, 07 Nov 1994 08:49:37 GMT"), 900),
            (after(429, "soon"), 30),
            (after(429, "-7"), 30),
            (after(429, ""), 30),
            (answer(429, ""), 30),
        ] {
            let failure = understood(&answer).unwrap_err();
            assert!(
                matches!(failure, Failure::Throttled { seconds, .. } if seconds == expected),
                "{answer:?}: {failure:?}"
            );
        }
        assert!(matches!(understood(&after(503, "soon")), Err(Failure::Transient(_))));
    }

    #[test]
    fn a_receivers_words_are_passed_on_without_what_disturbs() {
        let said = answer(422, r#"{"error": {"message": "No\u001b[31m \u202eprice\n", "pointer": "/price"}}"#);
        let problem_said = problem(&said);
        assert_eq!(problem_said.message, "The receiver does not want it (422 Unprocessable Entity): No[31m price");
        assert_eq!(problem_said.pointer.as_deref(), Some("/price"));

        let long = answer(400, &format!(r#"{{"error": {{"message": "{}", "pointer": "price"}}}}"#, "é".repeat(5_000)));
        assert_eq!(problem(&long).message.chars().filter(|&c| c == 'é').count(), MAX_WORDS);
        assert_eq!(problem(&long).pointer, None);
        for body in ["<html>", r#"{"error": "no"}"#, r#"{"error": {"message": 7}}"#, r#"{"error": {"message": "\n"}}"#]
        {
            assert_eq!(problem(&answer(400, body)).message, "The receiver does not want it (400 Bad Request).");
        }
    }
}
