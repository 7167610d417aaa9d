//! The time of a request, in the two spellings that signatures need.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The end of the year 9999, in seconds after 1970: what `YYYY` can hold, and httpdate.
const END_OF_9999: u64 = 253_402_300_800;

/// A server's time outside of these is a fault of the server's: 2020 to 2100.
const PLAUSIBLE: std::ops::Range<Duration> = Duration::from_secs(1_577_836_800)..Duration::from_secs(4_102_444_800);

/// Whether a server may mean the time that it tells.
pub(crate) fn is_plausible(time: SystemTime) -> bool {
    time.duration_since(UNIX_EPOCH).is_ok_and(|since| PLAUSIBLE.contains(&since))
}

/// A time as `Thu, 10 Apr 2025 08:00:00 GMT` and as `20250410T080000Z`.
pub(crate) struct Timestamp {
    http: String,
    basic: [u8; 16],
}

impl Timestamp {
    /// None outside 1970..=9999, where httpdate would panic.
    pub(crate) fn new(at: SystemTime) -> Option<Self> {
        let since = at.duration_since(UNIX_EPOCH).ok()?;
        (since < Duration::from_secs(END_OF_9999)).then(|| {
            let http = httpdate::fmt_http_date(at);
            let basic = basic(&http);
            Self { http, basic }
        })
    }

    /// The value of a `Date` header.
    pub(crate) fn http(&self) -> &str {
        &self.http
    }

    pub(crate) fn into_http(self) -> String {
        self.http
    }

    /// The value of an `x-oss-date` header.
    pub(crate) fn basic(&self) -> &str {
        str::from_utf8(&self.basic).unwrap_or_default()
    }

    /// Its day, `YYYYMMDD`.
    pub(crate) fn basic_date(&self) -> &str {
        self.basic().get(..8).unwrap_or_default()
    }
}

/// Turns httpdate's fixed 29 bytes (`Thu, 10 Apr 2025 08:00:00 GMT`), which are all it gives, into `20250410T080000Z`.
fn basic(http: &str) -> [u8; 16] {
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let http = http.as_bytes();
    let month = 1 + MONTHS.chunks(3).position(|name| name == &http[8..11]).unwrap_or_default();
    let mut basic = *b"YYYYMMDDTHHMMSSZ";
    basic[0..4].copy_from_slice(&http[12..16]);
    basic[4] = if month < 10 { b'0' } else { b'1' };
    basic[5] = b"0123456789"[month % 10];
    basic[6..8].copy_from_slice(&http[5..7]);
    basic[9..11].copy_from_slice(&http[17..19]);
    basic[11..13].copy_from_slice(&http[20..22]);
    basic[13..15].copy_from_slice(&http[23..25]);
    basic
}

/// Reads `20250410T080000Z` and `2025-04-10T08:00:00.000Z`: UTC, to the second.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = text.strip_suffix('Z')?.split('.').next()?;
    let digits: String = seconds.chars().filter(|c| !matches!(c, '-' | ':' | 'T')).collect();
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range| digits.get(range).unwrap_or_default();
    let month = MONTHS.get(part(4..6).parse::<usize>().ok()?.checked_sub(1)?)?;
    let (year, day, hour, minute, second) = (part(0..4), part(6..8), part(8..10), part(10..12), part(12..14));
    // httpdate wants the right day of the week, which is one of seven.
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().find_map(|weekday| {
        httpdate::parse_http_date(&format!("{weekday}, {day} {month} {year} {hour}:{minute}:{second} GMT")).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn times_are_spelt_in_both_ways() {
        for (seconds, http, basic) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "19700101T000000Z"),
            (1_702_743_657, "Sat, 16 Dec 2023 16:20:57 GMT", "20231216T162057Z"),
            (1_744_272_000, "Thu, 10 Apr 2025 08:00:00 GMT", "20250410T080000Z"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "20000229T000000Z"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT", "20240229T235959Z"),
            (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT", "20991231T235959Z"),
            (END_OF_9999 - 1, "Fri, 31 Dec 9999 23:59:59 GMT", "99991231T235959Z"),
        ] {
            let timestamp = Timestamp::new(at(seconds)).unwrap();
            assert_eq!(timestamp.http(), http);
            assert_eq!(timestamp.basic(), basic);
            assert_eq!(Some(timestamp.basic_date()), basic.get(..8));
            assert_eq!(parse(basic), Some(at(seconds)));
        }
    }

    #[test]
    fn every_month_is_spelt_right() {
        for (month, day_of_year) in (1..=12).zip([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]) {
            let timestamp = Timestamp::new(at(1_735_689_600 + day_of_year * 86_400)).unwrap();
            assert_eq!(timestamp.basic(), format!("2025{month:02}01T000000Z"));
        }
    }

    #[test]
    fn times_outside_1970_to_9999_are_refused() {
        for time in [UNIX_EPOCH - Duration::from_nanos(1), UNIX_EPOCH - Duration::from_secs(86_400), at(END_OF_9999)] {
            assert!(Timestamp::new(time).is_none(), "{time:?}");
        }
    }

    #[test]
    fn times_of_a_service_are_read() {
        assert_eq!(parse("2025-04-10T08:00:00.000Z"), Some(at(1_744_272_000)));
        assert_eq!(parse("2025-04-10T08:00:00Z"), Some(at(1_744_272_000)));
        for bad in [
            "",
            "Z",
            "2025-04-10",
            "20250410T080000",
            "2025-13-10T08:00:00Z",
            "2025-00-10T08:00:00Z",
            "２025-04-10T08:00:00Z",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
