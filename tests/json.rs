//! Reading and writing the JSON of OSS Tables.

use std::borrow::Cow;

use bucket_encryption::oss_tables::{TableEncryption, put_table_bucket_encryption_request};
use bucket_encryption::{Endpoint, Error, SseAlgorithm, TableBucketArn};

const KEY_ARN: &str = "acs:kms:cn-hangzhou:1234567890:key/key-id";

fn with(fields: &str) -> String {
    format!(r#"{{"encryptionConfiguration":{{{fields}}}}}"#)
}

#[track_caller]
fn assert_reads(body: &str, expected: &TableEncryption<'_>) {
    match TableEncryption::from_json(body) {
        Ok(Some(read)) => assert_eq!(read, *expected, "{body}"),
        other => panic!("{body} gives {other:?}"),
    }
}

#[track_caller]
fn assert_none(body: &str) {
    assert!(
        matches!(TableEncryption::from_json(body), Ok(None)),
        "{body} gives {:?}",
        TableEncryption::from_json(body)
    );
}

#[track_caller]
fn assert_decode(body: &str) {
    let outcome = TableEncryption::from_json(body);
    assert!(matches!(outcome, Err(Error::Decode(_))), "{body} gives {outcome:?}");
}

#[test]
fn keys_may_stand_in_any_order_and_between_blanks() {
    let expected = TableEncryption::kms().with_kms_key_arn(KEY_ARN);
    let (algorithm, key) = (r#""sseAlgorithm":"KMS""#, format!(r#""kmsKeyArn":"{KEY_ARN}""#));
    assert_reads(&with(&format!("{algorithm},{key}")), &expected);
    assert_reads(&with(&format!("{key},{algorithm}")), &expected);
    assert_reads(&format!("\r\n {}\t\n", with(&format!("\n {key} ,\n\t {algorithm} "))), &expected);
}

#[test]
fn null_empty_and_blank_texts_are_absent() {
    for key in ["null", r#""""#, r#"" ""#, r#""\n\t""#] {
        let body = with(&format!(r#""kmsKeyArn":{key},"sseAlgorithm":"AES256""#));
        assert_reads(&body, &TableEncryption::aes256());
    }
}

#[test]
fn texts_are_trimmed() {
    let body = with(&format!(r#""sseAlgorithm":" KMS\n","kmsKeyArn":" {KEY_ARN} ""#));
    assert_reads(&body, &TableEncryption::kms().with_kms_key_arn(KEY_ARN));
}

#[test]
fn a_clear_sign_of_no_setting_is_none() {
    for body in [
        "{}",
        " { } ",
        r#"{"encryptionConfiguration":null}"#,
        r#"{"encryptionConfiguration":{}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":null}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":""}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":" ","kmsKeyArn":"\n"}}"#,
        r#"{"encryptionConfiguration":{"kmsKeyArn":null}}"#,
        r#"{"encryptionConfiguration":{"kmsKeyArn":"","sseAlgorithm":null}}"#,
        r#"{"requestId":"1","encryptionConfiguration":null}"#,
        r#"{"requestId":"1","encryptionConfiguration":{}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":"None"}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":"none","kmsKeyArn":""}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":" NONE "}}"#,
    ] {
        assert_none(body);
    }
}

#[test]
fn something_without_an_algorithm_is_decode() {
    for body in [
        r#"{"requestId":"1"}"#,
        r#"{"EncryptionConfiguration":{"sseAlgorithm":"AES256"}}"#,
        r#"{"sseAlgorithm":"AES256"}"#,
        r#"{"message":"The specified table bucket does not exist."}"#,
        r#"{"encryptionConfiguration":{"unknown":1}}"#,
        r#"{"encryptionConfiguration":{"unknown":null,"sseAlgorithm":""}}"#,
        r#"{"encryptionConfiguration":{"SSEAlgorithm":"AES256"}}"#,
        r#"{"encryptionConfiguration":{"ssealgorithm":"AES256"}}"#,
        &with(&format!(r#""kmsKeyArn":"{KEY_ARN}""#)),
        &with(&format!(r#""kmsKeyArn":"{KEY_ARN}","sseAlgorithm":null"#)),
        &with(&format!(r#""kmsKeyArn":"{KEY_ARN}","sseAlgorithm":" ""#)),
    ] {
        assert_decode(body);
    }
}

#[test]
fn unknown_keys_are_ignored_whatever_they_hold() {
    for value in ["1", "-0.5e3", "null", "true", r#""x""#, "[1,[2,{}]]", r#"{"sseAlgorithm":"KMS","kmsKeyArn":"x"}"#] {
        let inside = with(&format!(r#""kmsKeyId":{value},"sseAlgorithm":"AES256","other":{value}"#));
        assert_reads(&inside, &TableEncryption::aes256());
        let outside = format!(
            r#"{{"a":{value},"encryptionConfiguration":{{"sseAlgorithm":"AES256"}},"sseAlgorithm":{value},"b":{value}}}"#
        );
        assert_reads(&outside, &TableEncryption::aes256());
    }
}

#[test]
fn a_key_that_is_there_twice_is_decode() {
    for body in [
        with(r#""sseAlgorithm":"AES256","sseAlgorithm":"AES256""#),
        with(r#""sseAlgorithm":"AES256","sseAlgorithm":null"#),
        with(r#""sseAlgorithm":null,"sseAlgorithm":"AES256""#),
        with(r#""sseAlgorithm":"","sseAlgorithm":"AES256""#),
        with(r#""sseAlgorithm":"KMS","kmsKeyArn":"","kmsKeyArn":"a""#),
        with(r#""sseAlgorithm":"KMS","sse\u0041lgorithm":"AES256""#),
        r#"{"encryptionConfiguration":{},"encryptionConfiguration":{"sseAlgorithm":"AES256"}}"#.to_owned(),
        r#"{"encryptionConfiguration":null,"encryptionConfiguration":{"sseAlgorithm":"AES256"}}"#.to_owned(),
        r#"{"encryptionConfiguration":null,"encryptionConfiguration":null}"#.to_owned(),
    ] {
        assert_decode(&body);
    }
}

#[test]
fn other_types_are_decode() {
    for value in ["1", "true", "[]", "{}", r#"["AES256"]"#, r#"{"value":"AES256"}"#] {
        assert_decode(&with(&format!(r#""sseAlgorithm":{value}"#)));
        assert_decode(&with(&format!(r#""sseAlgorithm":"KMS","kmsKeyArn":{value}"#)));
    }
    for value in ["1", "true", r#""AES256""#, "[]", r#"[{"sseAlgorithm":"AES256"}]"#] {
        assert_decode(&format!(r#"{{"encryptionConfiguration":{value}}}"#));
    }
    for body in ["null", "1", "true", "[]", "\"AES256\"", r#"[{"encryptionConfiguration":{"sseAlgorithm":"AES256"}}]"#]
    {
        assert_decode(body);
    }
}

#[test]
fn what_is_no_json_is_decode() {
    for body in [
        "",
        " ",
        "\u{feff}",
        "{",
        "}",
        "{,}",
        "{'encryptionConfiguration':{'sseAlgorithm':'AES256'}}",
        "{encryptionConfiguration:{}}",
        r#"{"encryptionConfiguration":{"sseAlgorithm":"AES256",}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":"AES256"}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":"AES256"}}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":"AES256"}} {}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":"AES256"}} x"#,
        r#"x{"encryptionConfiguration":{"sseAlgorithm":"AES256"}}"#,
        "{}{}",
        "{} // none",
        "{\"encryptionConfiguration\":{\"sseAlgorithm\":\"AES\n256\"}}",
        r#"{"encryptionConfiguration":{"sseAlgorithm":"\ud800"}}"#,
        r#"{"encryptionConfiguration":{"sseAlgorithm":"\x41"}}"#,
        "<ServerSideEncryptionRule/>",
        "<html></html>",
    ] {
        assert_decode(body);
    }
}

#[test]
fn a_byte_order_mark_is_taken_once() {
    assert_reads(&format!("\u{feff}{}", with(r#""sseAlgorithm":"AES256""#)), &TableEncryption::aes256());
    assert_decode(&format!("\u{feff}\u{feff}{}", with(r#""sseAlgorithm":"AES256""#)));
}

#[test]
fn escapes_are_read_in_keys_and_values() {
    let body =
        r#"{"encryption\u0043onfiguration":{"\u0073seAlgorithm":"\u004bMS","kmsKeyArn":"a\/b\"c\\d\ud83d\udd11"}}"#;
    assert_reads(body, &TableEncryption::kms().with_kms_key_arn("a/b\"c\\d\u{1f511}"));
}

#[test]
fn algorithms_are_read_in_any_letter_case_and_unknown_words_kept() {
    for (word, expected) in [
        ("AES256", SseAlgorithm::Aes256),
        ("aes256", SseAlgorithm::Aes256),
        ("kms", SseAlgorithm::Kms),
        ("aws:kms", SseAlgorithm::Kms),
        ("sm4", SseAlgorithm::Sm4),
        ("Rot13", SseAlgorithm::Other("Rot13".into())),
    ] {
        assert_reads(&with(&format!(r#""sseAlgorithm":"{word}""#)), &TableEncryption::new(expected));
    }
}

#[test]
fn deep_nesting_returns() {
    for depth in [100, 1_000, 30_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = format!(r#"{{"x":{deep},"encryptionConfiguration":{{"sseAlgorithm":"AES256"}}}}"#);
        match TableEncryption::from_json(&body) {
            Ok(Some(read)) => assert_eq!(read, TableEncryption::aes256()),
            Err(Error::Decode(_)) => {}
            other => panic!("{depth}: {other:?}"),
        }
        assert_decode(&"{\"encryptionConfiguration\":".repeat(depth));
        assert_decode(&deep);
    }
}

#[test]
fn plain_bodies_are_borrowed_from() {
    for text in ["Rot13", " Rot13\u{a0}"] {
        let body = with(&format!(r#""sseAlgorithm":"{text}","kmsKeyArn":"{text}""#));
        let read = TableEncryption::from_json(&body).unwrap().unwrap();
        assert!(matches!(read.sse_algorithm, SseAlgorithm::Other(Cow::Borrowed("Rot13"))), "{read:?}");
        assert!(matches!(read.kms_key_arn, Some(Cow::Borrowed("Rot13"))), "{read:?}");
    }
    let body = with(r#""sseAlgorithm":"R\u006ft13","kmsKeyArn":"a\/b""#);
    let read = TableEncryption::from_json(&body).unwrap().unwrap();
    assert!(matches!(read.sse_algorithm, SseAlgorithm::Other(Cow::Owned(_))), "{read:?}");
    assert!(matches!(read.kms_key_arn, Some(Cow::Owned(_))), "{read:?}");
}

#[test]
fn an_owned_setting_outlives_the_body() {
    let body = with(&format!(r#""sseAlgorithm":"Rot13","kmsKeyArn":"{KEY_ARN}""#));
    let owned: TableEncryption<'static> = TableEncryption::from_json(&body).unwrap().unwrap().into_owned();
    drop(body);
    assert_eq!(owned, TableEncryption::new("Rot13").with_kms_key_arn(KEY_ARN));
}

#[test]
fn bodies_are_written_in_the_vendors_order_without_blanks() {
    assert_eq!(TableEncryption::aes256().to_json(), r#"{"encryptionConfiguration":{"sseAlgorithm":"AES256"}}"#);
    assert_eq!(
        TableEncryption::kms().with_kms_key_arn(KEY_ARN).to_json(),
        format!(r#"{{"encryptionConfiguration":{{"kmsKeyArn":"{KEY_ARN}","sseAlgorithm":"KMS"}}}}"#)
    );
    assert_eq!(TableEncryption::aes256().with_kms_key_arn("").to_json(), TableEncryption::aes256().to_json());
}

#[test]
fn what_is_written_is_read_back_equal() {
    for text in [KEY_ARN, "a\"b\\c/d", "密钥\u{1f511}", "a\rb\nc\td", "\u{0}\u{1f}", "a\u{2028}b", "</script>", "'"] {
        for algorithm in ["AES256", "KMS", "SM4", "Rot\"13"] {
            let setting = TableEncryption::new(algorithm).with_kms_key_arn(text);
            let json = setting.to_json();
            assert_reads(&json, &setting);
            assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
        }
    }
}

#[test]
fn a_put_refuses_a_blank_algorithm() {
    let endpoint = Endpoint::oss_tables("cn-hangzhou").unwrap();
    let arn = TableBucketArn::new("cn-hangzhou", "1234567890", "my-table-bucket").unwrap();
    for blank in ["", " ", "\n"] {
        let outcome = put_table_bucket_encryption_request(&endpoint, &arn, &TableEncryption::new(blank));
        match outcome {
            Err(Error::Input(error)) => assert_eq!(error.argument(), "sse_algorithm"),
            other => panic!("{blank:?} gives {other:?}"),
        }
    }
}
