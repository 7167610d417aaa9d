use std::cell::RefCell;

use super::*;
use crate::{obs, oss, oss_tables};

fn oss(algorithm: &'static str, key: &'static str, data: &'static str) -> oss::BucketEncryption<'static> {
    let setting = oss::BucketEncryption::new(algorithm);
    let setting = if key.is_empty() { setting } else { setting.with_kms_master_key_id(key) };
    if data.is_empty() { setting } else { setting.with_kms_data_encryption(data) }
}

/// The plan as it prints: `unchanged`, `to ...` or `refused`.
fn planned<T: Setting>(current: Option<T>, wanted: T) -> String {
    match plan(current, wanted) {
        Ok(Ensured::Unchanged(_)) => "unchanged".to_owned(),
        Ok(Ensured::Changed { to, .. }) => format!("to {to}"),
        Err(Error::Input(error)) => format!("refused: {}", error.argument()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_is_wanted_is_set_and_what_is_there_is_kept() {
    for (current, wanted, expected) in [
        (None, oss("AES256", "", ""), "to AES256"),
        (None, oss("KMS", "k1", "SM4"), "to KMS, key k1, data SM4"),
        (Some(oss("AES256", "", "")), oss("AES256", "", ""), "unchanged"),
        (Some(oss("AES256", "", "")), oss("KMS", "", ""), "to KMS"),
        (Some(oss("AES256", "", "")), oss("SM4", "", ""), "to SM4"),
        (Some(oss("KMS", "", "")), oss("KMS", "k1", ""), "to KMS, key k1"),
        // More than what is wanted is enough, where it is KMS too.
        (Some(oss("KMS", "k1", "SM4")), oss("KMS", "", ""), "unchanged"),
        // The customer's key stays where another cipher is wanted, and the cipher where a key is.
        (Some(oss("KMS", "k1", "")), oss("KMS", "", "SM4"), "to KMS, key k1, data SM4"),
        (Some(oss("KMS", "", "SM4")), oss("KMS", "k1", ""), "to KMS, key k1, data SM4"),
        (Some(oss("KMS", "k1", "SM4")), oss("KMS", "k2", ""), "to KMS, key k2, data SM4"),
        (Some(oss("KMS", "k1", "")), oss("KMS", "k2", "AES256"), "to KMS, key k2, data AES256"),
        (Some(oss("SM4", "", "")), oss("KMS", "", ""), "to KMS, data SM4"),
        (Some(oss("SM4", "", "")), oss("KMS", "k1", ""), "to KMS, key k1, data SM4"),
        // What cannot be kept is not taken away.
        (Some(oss("KMS", "k1", "")), oss("AES256", "", ""), "refused: wanted"),
        (Some(oss("KMS", "k1", "SM4")), oss("SM4", "", ""), "refused: wanted"),
        (Some(oss("KMS", "", "SM4")), oss("KMS", "k1", "AES256"), "refused: wanted"),
        (Some(oss("KMS", "", "")), oss("AES256", "", ""), "refused: wanted"),
        (Some(oss("SM4", "", "")), oss("AES256", "", ""), "refused: wanted"),
        (Some(oss("SM4", "", "")), oss("KMS", "", "AES256"), "refused: wanted"),
        (Some(oss("Rot13", "", "")), oss("KMS", "k1", "SM4"), "refused: wanted"),
        (Some(oss("KMS", "k1", "")), oss("Rot13", "", ""), "refused: wanted"),
    ] {
        let case = format!("{current:?} with {wanted:?}");
        assert_eq!(planned(current, wanted), expected, "{case}");
    }
}

/// Whatever is set and whatever is wanted: no customer's key and no SM4 is ever replaced by a setting that lacks it,
/// and what is done is enough.
#[test]
fn nothing_is_taken_away_in_any_combination() {
    let mut settings = Vec::new();
    for algorithm in ["AES256", "KMS", "aws:kms", "SM4", "Rot13"] {
        for key in ["", "k1", "k2"] {
            for data in ["", "SM4", "sm4", "AES256"] {
                settings.push(oss(algorithm, key, data));
            }
        }
    }
    let mut changed = 0;
    for current in &settings {
        for wanted in &settings {
            let Ok(ensured) = plan(Some(current.clone()), wanted.clone()) else { continue };
            let (before, after) = (current.protection(), ensured.setting().protection());
            let case = format!("{current} with {wanted}: {ensured}");
            assert!(ensured.setting().satisfies(wanted), "{case}");
            assert!(before.key().is_none() || after.key().is_some(), "{case}");
            assert!(before.data_algorithm() != Some("SM4") || after.data_algorithm() == Some("SM4"), "{case}");
            assert!(!before.is_kms() || after.is_kms(), "{case}");
            changed += usize::from(ensured.is_changed());
        }
    }
    assert!(changed > 500, "{changed}");
}

#[test]
fn obs_keeps_a_project_with_its_key_and_the_bucket_key() {
    let kms = obs::BucketEncryption::kms;
    let current = || kms().with_kms_master_key_id("k1").with_project_id("p1").with_bucket_key_enabled(true);
    for (current, wanted, expected) in [
        (current(), kms(), "unchanged"),
        (current(), kms().with_kms_data_encryption("SM4"), "to KMS, key k1, data SM4, project p1, bucket key on"),
        (current(), kms().with_kms_master_key_id("k2"), "to KMS, key k2, bucket key on"),
        (
            current(),
            kms().with_kms_master_key_id("k2").with_project_id("p2"),
            "to KMS, key k2, project p2, bucket key on",
        ),
        (
            current(),
            kms().with_kms_master_key_id("a:b:key/k1").with_bucket_key_enabled(false),
            "to KMS, key a:b:key/k1, project p1, bucket key off",
        ),
        (current(), obs::BucketEncryption::aes256(), "refused: wanted"),
        (obs::BucketEncryption::aes256(), kms().with_bucket_key_enabled(true), "to KMS, bucket key on"),
        (obs::BucketEncryption::aes256().with_project_id("p1"), kms(), "to KMS"),
    ] {
        let case = format!("{current} with {wanted}");
        assert_eq!(planned(Some(current), wanted), expected, "{case}");
    }
}

#[test]
fn oss_tables_keeps_a_key() {
    use oss_tables::TableEncryption;
    let keyed = || TableEncryption::kms().with_kms_key_arn("arn1");
    for (current, wanted, expected) in [
        (None, TableEncryption::aes256(), "to AES256"),
        (Some(TableEncryption::aes256()), TableEncryption::aes256(), "unchanged"),
        (Some(keyed()), TableEncryption::kms(), "unchanged"),
        (Some(keyed()), TableEncryption::kms().with_kms_key_arn("arn2"), "to KMS, key arn2"),
        (Some(keyed()), TableEncryption::aes256(), "refused: wanted"),
        // It has no place for the cipher.
        (Some(TableEncryption::new("SM4")), TableEncryption::kms(), "refused: wanted"),
    ] {
        let case = format!("{current:?} with {wanted}");
        assert_eq!(planned(current, wanted), expected, "{case}");
    }
}

#[test]
fn a_refusal_tells_what_is_set_and_what_sets_exactly() {
    let error = plan(Some(oss("KMS", "k1", "")), oss("AES256", "", "")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid wanted: AES256 would take away what is set, KMS, key k1, and ensuring never takes anything away; \
         `put_bucket_encryption` sets exactly"
    );
    let kms = oss_tables::TableEncryption::kms();
    let error = plan(Some(kms), oss_tables::TableEncryption::aes256()).unwrap_err();
    assert!(error.to_string().contains("`put_table_bucket_encryption`"), "{error}");
}

fn call() -> Call {
    Call {
        operation: "PutBucketEncryption",
        target: "release-bucket".into(),
        host: "127.0.0.1:80".into(),
        attempts: 0,
        elapsed: Duration::ZERO,
    }
}

/// Settles against these answers, the last of which stays; returns how many were read.
fn settled(
    answers: Vec<Result<Option<oss::BucketEncryption<'static>>>>,
) -> (Result<Ensured<oss::BucketEncryption<'static>>>, usize) {
    let plan = Ensured::Changed { from: Some(oss("AES256", "", "")), to: oss("KMS", "k1", "") };
    let (answers, reads) = (RefCell::new(answers), RefCell::new(0));
    let read = || {
        *reads.borrow_mut() += 1;
        answers.borrow_mut().remove(0)
    };
    let result = settle_within(&[Duration::ZERO; 3], plan, read, call());
    (result, reads.into_inner())
}

#[test]
fn the_setting_is_read_back_until_it_is_there() {
    let (old, new) = (|| Ok(Some(oss("AES256", "", ""))), || Ok(Some(oss("KMS", "k1", ""))));
    for (answers, reads) in [
        (vec![new()], 1),
        (vec![old(), new()], 2),
        (vec![Ok(None), old(), new()], 3),
        // The service's own spelling is what is returned.
        (vec![Ok(Some(oss("kms", "k1", "AES256")))], 1),
    ] {
        let (result, read) = settled(answers);
        let ensured = result.unwrap();
        assert!(ensured.setting().satisfies(&oss("KMS", "k1", "")), "{ensured}");
        assert!(matches!(ensured, Ensured::Changed { from: Some(_), .. }), "{ensured}");
        assert_eq!(read, reads);
    }
}

#[test]
fn what_is_not_there_in_time_is_not_settled() {
    let old = || Ok(Some(oss("AES256", "", "")));
    let (result, reads) = settled(vec![old(), old(), Ok(Some(oss("KMS", "k2", "")))]);
    let error = result.unwrap_err();
    assert_eq!(reads, 3);
    assert_eq!(error.attempts(), 4, "the put and three reads");
    let Error::NotSettled(found) = &error else { panic!("{error}") };
    assert_eq!((found.written(), found.found()), ("KMS, key k1", Some("KMS, key k2")));
    let line = error.to_string();
    let beginning =
        "PutBucketEncryption release-bucket at 127.0.0.1:80: wrote KMS, key k1, and KMS, key k2 is read back after ";
    assert!(line.starts_with(beginning) && !line.contains('\n'), "{line}");
    assert_eq!(format!("{error:?}"), line);
    assert_eq!(format!("{error:#}").lines().count(), 2);

    let (result, _) = settled(vec![Ok(None), Ok(None), Ok(None)]);
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::NotSettled(error) if error.found().is_none()), "{error}");
    assert!(error.to_string().contains("and nothing is read back"), "{error}");
}

#[test]
fn a_read_that_fails_is_its_own_error() {
    let (result, reads) = settled(vec![Ok(None), Err(Error::decode("no", b""))]);
    assert!(matches!(result, Err(Error::Decode(_))));
    assert_eq!(reads, 2);
}

#[test]
fn the_waits_are_about_three_seconds() {
    assert_eq!(WAITS[0], Duration::ZERO);
    let all: Duration = WAITS.iter().sum();
    assert!(Duration::from_secs(3) <= all && all <= Duration::from_secs(4), "{all:?}");
}
