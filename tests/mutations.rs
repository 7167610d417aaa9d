//! Every truncation and every flipped byte of a recorded body returns, and never reads as something it does not say.

use bucket_encryption::{Error, Response, obs, oss, oss_tables};

const OSS: &str = include_str!("golden/oss-kms.xml");
const OBS: &str = include_str!("golden/obs-syntax.xml");
const TABLES: &str = include_str!("golden/tables-page.json");
const OSS_ERROR: &str = include_str!("golden/oss-error.xml");
const OBS_ERROR: &str = include_str!("golden/obs-error.xml");
const TABLES_ERROR: &str = include_str!("golden/tables-error.json");

/// Puts a body through every reader; each must return. Says what the three made of it.
fn read_all(status: u16, body: Vec<u8>) -> [Result<bool, Error>; 3] {
    let response = Response::new(status, [("x-oss-request-id", "R1")], body);
    if let Err(error) = response.check() {
        let _ = [
            error.is_denied(),
            error.is_not_found(),
            error.is_expired(),
            error.is_throttled(),
            error.is_wrong_endpoint(),
        ];
    }
    let outcomes = [
        oss::BucketEncryption::from_response(&response).map(|setting| setting.is_some()),
        obs::BucketEncryption::from_response(&response).map(|setting| setting.is_some()),
        oss_tables::TableEncryption::from_response(&response).map(|setting| setting.is_some()),
    ];
    // What the three print differs little, and printing takes longer than reading.
    if let [Err(error), ..] = &outcomes {
        let text = format!("{error:?}");
        assert!(!text.contains('\n') && !text.contains('\0'), "{text:?}");
    }
    outcomes
}

/// The bodies cut at every byte, but for the blanks at their end.
fn truncations(body: &str) -> impl Iterator<Item = Vec<u8>> {
    (0..body.trim_end().len()).map(|end| body.as_bytes()[..end].to_vec())
}

/// The bodies with one byte changed, each but the blanks at their end: to a neighbour, to the other letter case, to no
/// character, and to the beginning of an element.
fn flips(body: &str) -> impl Iterator<Item = Vec<u8>> {
    (0..body.trim_end().len()).flat_map(move |position| {
        let old = body.as_bytes()[position];
        [old ^ 0x01, old ^ 0x20, old ^ 0x80, b'<'].map(|new| {
            let mut flipped = body.as_bytes().to_vec();
            flipped[position] = new;
            flipped
        })
    })
}

#[test]
fn a_setting_cut_anywhere_is_decode() {
    for body in [OSS, OBS, TABLES] {
        for cut in truncations(body) {
            let shown = String::from_utf8_lossy(&cut).into_owned();
            for outcome in read_all(200, cut) {
                assert!(matches!(outcome, Err(Error::Decode(_))), "{shown:?} gives {outcome:?}");
            }
        }
    }
}

#[test]
fn an_error_cut_anywhere_is_never_none() {
    for body in [OSS_ERROR, OBS_ERROR, TABLES_ERROR] {
        for cut in truncations(body) {
            let shown = String::from_utf8_lossy(&cut).into_owned();
            for outcome in read_all(404, cut.clone()) {
                assert!(matches!(outcome, Err(Error::Service(_))), "{shown:?} gives {outcome:?}");
            }
            for outcome in read_all(200, cut) {
                assert!(matches!(outcome, Err(Error::Decode(_))), "{shown:?} gives {outcome:?}");
            }
        }
    }
}

/// A flipped byte may spell another algorithm, which the service would have to say; but none makes a setting vanish.
#[test]
fn a_setting_with_a_flipped_byte_is_never_none() {
    for body in [OSS, OBS, TABLES] {
        for flipped in flips(body) {
            let shown = String::from_utf8_lossy(&flipped).into_owned();
            for outcome in read_all(200, flipped) {
                assert!(matches!(outcome, Ok(true) | Err(Error::Decode(_))), "{shown} gives {outcome:?}");
            }
        }
    }
}

#[test]
fn an_error_with_a_flipped_byte_returns() {
    for body in [OSS_ERROR, OBS_ERROR, TABLES_ERROR] {
        for flipped in flips(body) {
            let shown = String::from_utf8_lossy(&flipped).into_owned();
            for outcome in read_all(404, flipped) {
                assert!(matches!(outcome, Ok(false) | Err(Error::Service(_))), "{shown} gives {outcome:?}");
            }
        }
    }
}

#[test]
fn a_base64_error_header_cut_or_flipped_anywhere_returns() {
    let document = "PEVycm9yPjxDb2RlPk5vU3VjaEJ1Y2tldDwvQ29kZT48TWVzc2FnZT7DpDwvTWVzc2FnZT48L0Vycm9yPg==";
    let cuts = truncations(document).collect::<Vec<_>>();
    let texts = cuts.into_iter().chain(flips(document)).filter_map(|bytes| String::from_utf8(bytes).ok());
    for text in texts {
        let response = Response::new(404, [("x-oss-err", text.as_str())], Vec::new());
        let outcome = oss::BucketEncryption::from_response(&response);
        assert!(matches!(outcome, Err(Error::Service(_))), "{text:?} gives {outcome:?}");
    }
}

/// Every header that is read, with values that no service sends.
#[test]
fn odd_header_values_return() {
    let names = [
        "date",
        "location",
        "retry-after",
        "x-oss-request-id",
        "x-oss-ec",
        "x-oss-err",
        "x-oss-error-type",
        "x-obs-request-id",
        "x-obs-id-2",
        "x-obs-error-code",
        "x-obs-error-message",
    ];
    for name in names {
        for value in [
            "",
            " ",
            "\t\0\r\n",
            "://",
            "https://@",
            "\u{feff}",
            "密",
            "Thu, 99 Xxx 9999 99:99:99 GMT",
            "18446744073709551616",
        ] {
            for status in [200, 301, 404, 503] {
                let response = Response::new(status, [(name, value)], Vec::new());
                for error in [response.check().err(), oss::BucketEncryption::from_response(&response).err()]
                    .into_iter()
                    .flatten()
                {
                    assert!(!format!("{error}{error:?}").contains(['\n', '\0']), "{name}: {value:?}");
                }
            }
        }
    }
}
