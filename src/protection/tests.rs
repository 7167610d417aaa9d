use super::*;
use crate::{obs, oss, oss_tables};

fn oss(algorithm: &'static str, key: &'static str, data: &'static str) -> oss::BucketEncryption<'static> {
    oss::BucketEncryption::new(algorithm).with_kms_master_key_id(key).with_kms_data_encryption(data)
}

/// OSS: the setting, the wanted one, and whether it is enough. `""` stands for absent; that it does is one of the rules.
#[test]
fn settings_of_oss_are_compared_as_oss_understands_them() {
    for (setting, wanted, expected) in [
        // The algorithm.
        (oss("AES256", "", ""), oss("AES256", "", ""), true),
        (oss("AES256", "", ""), oss("aes256", "", ""), true),
        (oss("KMS", "", ""), oss("aws:kms", "", ""), true),
        (oss("kms", "", ""), oss("KMS", "", ""), true),
        (oss("SM4", "", ""), oss("sm4", "", ""), true),
        (oss("Rot13", "", ""), oss("ROT13", "", ""), true),
        (oss("AES256", "", ""), oss("KMS", "", ""), false),
        (oss("KMS", "", ""), oss("AES256", "", ""), false),
        (oss("SM4", "", ""), oss("AES256", "", ""), false),
        (oss("AES256", "", ""), oss("SM4", "", ""), false),
        (oss("Rot13", "", ""), oss("AES256", "", ""), false),
        // The key.
        (oss("KMS", "k1", ""), oss("KMS", "", ""), true),
        (oss("KMS", "k1", ""), oss("KMS", "k1", ""), true),
        (oss("KMS", "k1", ""), oss("KMS", " k1 ", ""), true),
        (oss("KMS", "k1", ""), oss("KMS", " ", ""), true),
        (oss("KMS", "k1", ""), oss("KMS", "k2", ""), false),
        (oss("KMS", "k1", ""), oss("KMS", "K1", ""), false),
        (oss("KMS", "", ""), oss("KMS", "k1", ""), false),
        (oss("AES256", "", ""), oss("AES256", "k1", ""), false),
        // The data encryption: of any cipher where none is named, AES256 where the service names none.
        (oss("KMS", "", "SM4"), oss("KMS", "", ""), true),
        (oss("KMS", "", "SM4"), oss("KMS", "", "sm4"), true),
        (oss("KMS", "", ""), oss("KMS", "", "AES256"), true),
        (oss("KMS", "", "aes256"), oss("KMS", "", "AES256"), true),
        (oss("KMS", "", ""), oss("KMS", "", "SM4"), false),
        (oss("KMS", "", "SM4"), oss("KMS", "", "AES256"), false),
        (oss("KMS", "k1", "SM4"), oss("KMS", "k1", "SM4"), true),
        // Without KMS the service drops it.
        (oss("AES256", "", ""), oss("AES256", "", "SM4"), true),
        (oss("SM4", "", ""), oss("SM4", "", "SM4"), true),
        (oss("AES256", "", "SM4"), oss("AES256", "", ""), true),
    ] {
        assert_eq!(setting.satisfies(&wanted), expected, "{setting:?} for {wanted:?}");
    }
    let plain = oss::BucketEncryption::kms();
    assert!(plain.satisfies(&oss("KMS", "", "")) && oss("KMS", "", "").satisfies(&plain), "absent and empty are alike");
    let by_hand = oss::BucketEncryption { sse_algorithm: SseAlgorithm::Other("Aws:Kms".into()), ..plain.clone() };
    assert!(plain.satisfies(&by_hand) && by_hand.satisfies(&plain), "KMS as another word");
}

#[test]
fn settings_of_obs_are_compared_as_obs_understands_them() {
    let kms = obs::BucketEncryption::kms;
    let keyed = || kms().with_kms_master_key_id("4f1c");
    for (setting, wanted, expected) in [
        (kms(), obs::BucketEncryption::new("aws:kms"), true),
        (obs::BucketEncryption::aes256(), kms(), false),
        (keyed(), kms(), true),
        (kms(), keyed(), false),
        // The long form of a key and its id.
        (kms().with_kms_master_key_id("cn-north-4:domain:key/4f1c"), keyed(), true),
        (keyed(), kms().with_kms_master_key_id("cn-north-4:domain:key/4f1c"), true),
        (kms().with_kms_master_key_id("a:b:key/4f1c"), kms().with_kms_master_key_id("c:d:key/4f1c"), false),
        (kms().with_kms_master_key_id("a:b:key/0000"), keyed(), false),
        // The project.
        (keyed().with_project_id("p1"), keyed(), true),
        (keyed().with_project_id("p1"), keyed().with_project_id("p1"), true),
        (keyed().with_project_id("p1"), keyed().with_project_id(""), true),
        (keyed().with_project_id("p1"), keyed().with_project_id("p2"), false),
        (keyed(), keyed().with_project_id("p1"), false),
        // The bucket key: off where it is not mentioned.
        (kms().with_bucket_key_enabled(true), kms(), true),
        (kms().with_bucket_key_enabled(true), kms().with_bucket_key_enabled(true), true),
        (kms().with_bucket_key_enabled(true), kms().with_bucket_key_enabled(false), false),
        (kms(), kms().with_bucket_key_enabled(true), false),
        (kms(), kms().with_bucket_key_enabled(false), true),
        // The data encryption.
        (kms().with_kms_data_encryption("SM4"), kms(), true),
        (kms(), kms().with_kms_data_encryption("AES256"), true),
        (kms(), kms().with_kms_data_encryption("SM4"), false),
    ] {
        assert_eq!(setting.satisfies(&wanted), expected, "{setting:?} for {wanted:?}");
    }
}

#[test]
fn settings_of_oss_tables_are_compared_as_the_service_understands_them() {
    use oss_tables::TableEncryption;
    let keyed = |key: &'static str| TableEncryption::kms().with_kms_key_arn(key);
    let arn = "acs:kms:cn-hangzhou:1234567890:key/0a1b";
    for (setting, wanted, expected) in [
        (TableEncryption::aes256(), TableEncryption::aes256().with_kms_key_arn(""), true),
        (TableEncryption::aes256(), TableEncryption::kms(), false),
        (TableEncryption::new("kms"), TableEncryption::new("aws:kms"), true),
        (keyed(arn), TableEncryption::kms(), true),
        (keyed(arn), keyed(arn), true),
        (keyed(arn), keyed("0a1b"), true),
        (keyed(arn), keyed("acs:kms:cn-hangzhou:1234567890:key/2c3d"), false),
        (TableEncryption::kms(), keyed(arn), false),
    ] {
        assert_eq!(setting.satisfies(&wanted), expected, "{setting:?} for {wanted:?}");
    }
}

#[test]
fn every_setting_is_enough_for_itself() {
    for algorithm in ["AES256", "KMS", "SM4", "Rot13"] {
        for key in ["", "k1", "a:b:key/k1"] {
            for data in ["", "SM4", "AES256"] {
                let setting = oss(algorithm, key, data);
                assert!(setting.satisfies(&setting), "{setting:?}");
            }
        }
    }
}

#[test]
fn a_setting_amounts_to_one_protection() {
    let service = |data_algorithm| Protection::ServiceKey { data_algorithm };
    let default = |data_algorithm| Protection::KmsDefaultKey { data_algorithm };
    let customer = |key, data_algorithm| Protection::KmsCustomerKey { key, data_algorithm };
    for (setting, expected, text) in [
        (oss("AES256", "", ""), service("AES256"), "a key of the service, data AES256"),
        // What has no meaning without KMS is not taken for a protection.
        (oss("AES256", "k1", "SM4"), service("AES256"), "a key of the service, data AES256"),
        (oss("SM4", "", ""), service("SM4"), "a key of the service, data SM4"),
        (oss("KMS", "", ""), default("AES256"), "KMS with the default key, data AES256"),
        (oss("KMS", " ", "sm4"), default("SM4"), "KMS with the default key, data SM4"),
        (oss("aws:kms", "k1", ""), customer("k1", "AES256"), "KMS with the customer's key k1, data AES256"),
        (oss("KMS", "k1", "SM4"), customer("k1", "SM4"), "KMS with the customer's key k1, data SM4"),
        (oss("KMS", "k1", "SM9"), customer("k1", "SM9"), "KMS with the customer's key k1, data SM9"),
        (oss("Rot13", "k1", ""), Protection::Other { algorithm: "Rot13" }, "the unknown algorithm \"Rot13\""),
    ] {
        let protection = Protection::from(&setting);
        assert_eq!(protection, expected, "{setting:?}");
        assert_eq!(protection, setting.protection(), "{setting:?}");
        assert_eq!(protection, Protection::from(Some(&setting)), "{setting:?}");
        assert_eq!(protection.to_string(), text, "{setting:?}");
    }
    let nothing = Protection::from(None::<&oss::BucketEncryption<'_>>);
    assert_eq!((nothing, nothing.to_string().as_str()), (Protection::None, "nothing is configured"));

    let obs = obs::BucketEncryption::kms().with_kms_master_key_id("k1").with_project_id("p1");
    assert_eq!(obs.protection(), customer("k1", "AES256"));
    let table = oss_tables::TableEncryption::kms().with_kms_key_arn("acs:kms:r:1:key/k1");
    assert_eq!(table.protection(), customer("acs:kms:r:1:key/k1", "AES256"));
    assert_eq!(Protection::from(&oss_tables::TableEncryption::aes256()), service("AES256"));
}

#[test]
fn a_protection_outlives_nothing_but_its_setting() {
    let key = {
        let setting = oss("KMS", "k1", "");
        let protection = setting.protection();
        protection.key().map(str::to_owned)
    };
    assert_eq!(key.as_deref(), Some("k1"));
    // The view borrows from the setting and not from itself.
    let setting = oss("KMS", "k1", "SM4");
    let (key, data) = { (Protection::from(&setting).key(), setting.protection().data_algorithm()) };
    assert_eq!((key, data), (Some("k1"), Some("SM4")));
}

#[test]
fn what_one_protection_has_and_another_lacks() {
    let settings =
        [oss("AES256", "", ""), oss("SM4", "", ""), oss("KMS", "", ""), oss("KMS", "k1", ""), oss("KMS", "k1", "SM4")];
    let more = |one: usize, other: usize| settings[one].protection().has_more_than(&settings[other].protection());
    let table: Vec<String> =
        (0..5).map(|one| (0..5).map(|other| if more(one, other) { '+' } else { '.' }).collect()).collect();
    // A row has more than the columns with a plus.
    assert_eq!(table, [".....", "+.++.", "++...", "+++..", "++++."], "{settings:?}");

    let (unknown, same) = (oss("Rot13", "", ""), oss("rot13", "", ""));
    assert!(unknown.protection().has_more_than(&settings[3].protection()), "nothing is known of it");
    assert!(!unknown.protection().has_more_than(&same.protection()));
    assert!(!Protection::None.has_more_than(&settings[0].protection()));
}
