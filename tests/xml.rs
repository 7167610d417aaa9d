//! Reading and writing the XML of OSS and OBS.

use std::borrow::Cow;

use bucket_encryption::{Endpoint, Error, Result, SseAlgorithm, obs, oss};

fn oss_body(inside: &str) -> String {
    format!(
        "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>{inside}</ApplyServerSideEncryptionByDefault>\
         </ServerSideEncryptionRule>"
    )
}

/// `rule` stands behind the `ApplyServerSideEncryptionByDefault`.
fn obs_body(inside: &str, rule: &str) -> String {
    format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{inside}\
         </ApplyServerSideEncryptionByDefault>{rule}</Rule></ServerSideEncryptionConfiguration>"
    )
}

#[track_caller]
fn assert_decode<T: std::fmt::Debug>(outcome: &Result<T>, body: &str) {
    assert!(matches!(outcome, Err(Error::Decode(_))), "{body:?} gives {outcome:?}");
}

#[track_caller]
fn assert_oss(body: &str, expected: &oss::BucketEncryption<'_>) {
    match oss::BucketEncryption::from_xml(body) {
        Ok(Some(read)) => assert_eq!(read, *expected, "{body:?}"),
        other => panic!("{body:?} gives {other:?}"),
    }
}

fn full() -> oss::BucketEncryption<'static> {
    oss::BucketEncryption::kms().with_kms_master_key_id("9468da86").with_kms_data_encryption("SM4")
}

fn full_obs() -> obs::BucketEncryption<'static> {
    obs::BucketEncryption::kms()
        .with_kms_master_key_id("4f1cd4de")
        .with_kms_data_encryption("SM4")
        .with_project_id("0a1b")
        .with_bucket_key_enabled(true)
}

const FULL: &str = "<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>9468da86</KMSMasterKeyID>\
                    <KMSDataEncryption>SM4</KMSDataEncryption>";

#[test]
fn elements_may_stand_in_any_order() {
    let elements = [
        "<SSEAlgorithm>KMS</SSEAlgorithm>",
        "<KMSMasterKeyID>9468da86</KMSMasterKeyID>",
        "<KMSDataEncryption>SM4</KMSDataEncryption>",
    ];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_oss(&oss_body(&order.map(|index| elements[index]).concat()), &full());
    }
}

#[test]
fn a_bucket_key_may_stand_before_the_default() {
    let body = "<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>false</BucketKeyEnabled>\
                <ApplyServerSideEncryptionByDefault><SSEAlgorithm>kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
                </Rule></ServerSideEncryptionConfiguration>";
    let expected = obs::BucketEncryption::kms().with_bucket_key_enabled(false);
    assert_eq!(obs::BucketEncryption::from_xml(body).unwrap(), Some(expected));
}

#[test]
fn namespaces_and_prefixes_do_not_matter() {
    for (root, prefix) in [
        (r#"ServerSideEncryptionConfiguration xmlns="http://obs.region.myhuaweicloud.com/doc/2015-06-30/""#, ""),
        (r#"o:ServerSideEncryptionConfiguration xmlns:o="http://obs.otc.t-systems.com/doc/2015-06-30/""#, "o:"),
        (r#"ServerSideEncryptionConfiguration xmlns:o="urn:x""#, "o:"),
    ] {
        let closing = root.split(' ').next().unwrap();
        let body = format!(
            "<{root}><{prefix}Rule><{prefix}ApplyServerSideEncryptionByDefault><{prefix}SSEAlgorithm>kms\
             </{prefix}SSEAlgorithm></{prefix}ApplyServerSideEncryptionByDefault></{prefix}Rule></{closing}>"
        );
        assert_eq!(obs::BucketEncryption::from_xml(&body).unwrap(), Some(obs::BucketEncryption::kms()), "{body}");
    }
}

#[test]
fn a_prefix_that_is_not_declared_is_decode() {
    let body = oss_body("<o:SSEAlgorithm>KMS</o:SSEAlgorithm>");
    assert_decode(&oss::BucketEncryption::from_xml(&body), &body);
}

#[test]
fn blanks_around_elements_and_text_do_not_matter() {
    let body = "\n<ServerSideEncryptionRule>\r\n\t<ApplyServerSideEncryptionByDefault>\n <SSEAlgorithm>\n  KMS\t\r\n\
                </SSEAlgorithm>\n<KMSMasterKeyID> 9468da86 </KMSMasterKeyID><KMSDataEncryption>\nSM4</KMSDataEncryption>\
                \n</ApplyServerSideEncryptionByDefault>\n</ServerSideEncryptionRule>\n\n";
    assert_oss(body, &full());
}

#[test]
fn declarations_and_byte_order_marks_are_taken() {
    for before in [
        "",
        "\u{feff}",
        "<?xml version=\"1.0\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>",
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n",
    ] {
        assert_oss(&format!("{before}{}", oss_body(FULL)), &full());
    }
}

#[test]
fn comments_and_instructions_do_not_matter_wherever_they_stand() {
    let plain = oss_body(FULL);
    for extra in ["<!-- a <KMSMasterKeyID>no</KMSMasterKeyID> -->", "<?pi x?>"] {
        let positions = plain.match_indices('<').map(|(position, _)| position).chain([plain.len()]);
        for position in positions {
            let (before, after) = plain.split_at(position);
            assert_oss(&format!("{before}{extra}{after}"), &full());
        }
    }
}

#[test]
fn text_is_joined_over_comments_cdata_and_entities() {
    for (text, expected) in [
        ("<![CDATA[9468da86]]>", "9468da86"),
        ("9468<![CDATA[da]]>86", "9468da86"),
        ("94<!-- c -->68da86", "9468da86"),
        ("94<?pi?>68da86", "9468da86"),
        (" <!-- c --> 9468da86 <!-- c --> ", "9468da86"),
        ("<![CDATA[<&>]]>", "<&>"),
        ("&lt;&amp;&gt;&quot;&apos;", "<&>\"'"),
        ("&#65;&#x42;&#x5bc6;", "AB密"),
        ("a b", "a b"),
        ("a&#13;b", "a\rb"),
        ("a\r\nb", "a\nb"),
    ] {
        let body = oss_body(&format!("<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>{text}</KMSMasterKeyID>"));
        assert_oss(&body, &oss::BucketEncryption::kms().with_kms_master_key_id(expected));
    }
    assert_oss(&oss_body("<SSEAlgorithm>AES<!-- c -->256</SSEAlgorithm>"), &oss::BucketEncryption::aes256());
}

#[test]
fn unknown_elements_are_ignored_also_those_that_hold_familiar_names() {
    let inside = format!(
        "<Other><SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>no</KMSMasterKeyID></Other>{FULL}<SSEAlgorithms>x\
         </SSEAlgorithms><Empty/>"
    );
    assert_oss(&oss_body(&inside), &full());
    let body = "<ServerSideEncryptionRule><Old><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
                </ApplyServerSideEncryptionByDefault></Old><ApplyServerSideEncryptionByDefault><SSEAlgorithm>SM4\
                </SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>";
    assert_oss(body, &oss::BucketEncryption::new("SM4"));
    let body =
        obs_body("<SSEAlgorithm>kms</SSEAlgorithm><BucketKeyEnabled>x</BucketKeyEnabled>", "<ProjectID>no</ProjectID>");
    assert_eq!(obs::BucketEncryption::from_xml(&body).unwrap(), Some(obs::BucketEncryption::kms()));
}

#[test]
fn attributes_are_ignored() {
    let body = oss_body(FULL).replace("<SSEAlgorithm>", "<SSEAlgorithm SSEAlgorithm=\"AES256\" xml:lang='en'>");
    assert_oss(&body, &full());
}

#[test]
fn names_are_compared_with_their_letter_case() {
    let body = oss_body("<ssealgorithm>KMS</ssealgorithm>");
    assert_decode(&oss::BucketEncryption::from_xml(&body), &body);
}

#[test]
fn algorithms_are_read_in_any_letter_case_and_unknown_words_kept() {
    for (text, expected) in [
        ("AES256", SseAlgorithm::Aes256),
        ("aes256", SseAlgorithm::Aes256),
        ("KMS", SseAlgorithm::Kms),
        ("kms", SseAlgorithm::Kms),
        ("Kms", SseAlgorithm::Kms),
        ("aws:kms", SseAlgorithm::Kms),
        ("AWS:KMS", SseAlgorithm::Kms),
        ("sm4", SseAlgorithm::Sm4),
        ("SM4", SseAlgorithm::Sm4),
        ("Rot13", SseAlgorithm::Other("Rot13".into())),
        ("aes-256", SseAlgorithm::Other("aes-256".into())),
        ("Nonesuch", SseAlgorithm::Other("Nonesuch".into())),
    ] {
        let inside = format!("<SSEAlgorithm>{text}</SSEAlgorithm>");
        assert_oss(&oss_body(&inside), &oss::BucketEncryption::new(expected.clone()));
        let body = obs_body(&inside, "");
        let read = obs::BucketEncryption::from_xml(&body).unwrap().unwrap();
        assert_eq!(read.sse_algorithm, expected, "{text:?}");
    }
}

#[test]
fn documents_without_a_child_element_at_a_step_hold_no_rule() {
    for body in [
        "<ServerSideEncryptionRule/>",
        "<ServerSideEncryptionRule></ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule> \n </ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule><!-- none --></ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault/></ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault> </ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
        "<?xml version=\"1.0\"?><x:ServerSideEncryptionRule xmlns:x='urn:x'/>",
    ] {
        assert_eq!(oss::BucketEncryption::from_xml(body).unwrap(), None, "{body}");
    }
    for body in [
        "<ServerSideEncryptionConfiguration/>",
        "<ServerSideEncryptionConfiguration><Rule/></ServerSideEncryptionConfiguration>",
        "<ServerSideEncryptionConfiguration><Rule>\n</Rule></ServerSideEncryptionConfiguration>",
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault/></Rule></ServerSideEncryptionConfiguration>",
    ] {
        assert_eq!(obs::BucketEncryption::from_xml(body).unwrap(), None, "{body}");
    }
}

#[test]
fn the_algorithm_none_is_no_rule_in_any_letter_case() {
    for word in ["None", "none", "NONE", " None\n", "<![CDATA[None]]>"] {
        let inside = format!("<SSEAlgorithm>{word}</SSEAlgorithm>");
        assert_eq!(oss::BucketEncryption::from_xml(&oss_body(&inside)).unwrap(), None, "{word:?}");
        assert_eq!(obs::BucketEncryption::from_xml(&obs_body(&inside, "")).unwrap(), None, "{word:?}");
    }
}

#[test]
fn something_without_an_algorithm_is_decode() {
    for inside in [
        "<SSEAlgorithm/>",
        "<SSEAlgorithm></SSEAlgorithm>",
        "<SSEAlgorithm> \n </SSEAlgorithm>",
        "<SSEAlgorithm><!-- KMS --></SSEAlgorithm>",
        "<SSEAlgorithm><x>KMS</x></SSEAlgorithm>",
        "<SSEAlgorithm>KMS<x/></SSEAlgorithm>",
        "<KMSMasterKeyID>9468da86</KMSMasterKeyID>",
        "<KMSMasterKeyID/>",
        "<Unknown>1</Unknown>",
        "<Other><SSEAlgorithm>KMS</SSEAlgorithm></Other>",
        "<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID><x/></KMSMasterKeyID>",
    ] {
        let (oss, obs) = (oss_body(inside), obs_body(inside, ""));
        assert_decode(&oss::BucketEncryption::from_xml(&oss), &oss);
        assert_decode(&obs::BucketEncryption::from_xml(&obs), &obs);
    }
    for body in [
        "<ServerSideEncryptionRule><Other/></ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule><SSEAlgorithm>KMS</SSEAlgorithm></ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm>\
         </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionRule>",
    ] {
        assert_decode(&oss::BucketEncryption::from_xml(body), body);
    }
    for body in [
        "<ServerSideEncryptionConfiguration><Other/></ServerSideEncryptionConfiguration>",
        "<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
    ] {
        assert_decode(&obs::BucketEncryption::from_xml(body), body);
    }
}

#[test]
fn another_root_is_decode() {
    for body in [
        oss_body(FULL).replace("ServerSideEncryptionRule", "ServerSideEncryptionConfiguration"),
        oss_body(FULL).replace("ServerSideEncryptionRule", "serversideencryptionrule"),
        "<Error><Code>AccessDenied</Code></Error>".to_owned(),
        "<html><body>Sign in to the network</body></html>".to_owned(),
        format!("<Answer>{}</Answer>", oss_body(FULL)),
    ] {
        assert_decode(&oss::BucketEncryption::from_xml(&body), &body);
    }
    let body = obs_body("<SSEAlgorithm>kms</SSEAlgorithm>", "");
    assert_decode(&oss::BucketEncryption::from_xml(&body), &body);
    let body = oss_body(FULL);
    assert_decode(&obs::BucketEncryption::from_xml(&body), &body);
}

#[test]
fn an_element_that_is_there_twice_is_decode() {
    for inside in [
        "<SSEAlgorithm>KMS</SSEAlgorithm><SSEAlgorithm>KMS</SSEAlgorithm>",
        "<SSEAlgorithm>KMS</SSEAlgorithm><SSEAlgorithm/>",
        "<SSEAlgorithm>None</SSEAlgorithm><SSEAlgorithm>KMS</SSEAlgorithm>",
        "<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>a</KMSMasterKeyID><KMSMasterKeyID>b</KMSMasterKeyID>",
        "<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID/><KMSMasterKeyID>b</KMSMasterKeyID>",
        "<SSEAlgorithm>KMS</SSEAlgorithm><KMSDataEncryption>SM4</KMSDataEncryption><KMSDataEncryption>SM4</KMSDataEncryption>",
        "<SSEAlgorithm>KMS</SSEAlgorithm><x:SSEAlgorithm xmlns:x='urn:x'>AES256</x:SSEAlgorithm>",
    ] {
        let (oss, obs) = (oss_body(inside), obs_body(inside, ""));
        assert_decode(&oss::BucketEncryption::from_xml(&oss), &oss);
        assert_decode(&obs::BucketEncryption::from_xml(&obs), &obs);
    }
    let default =
        "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm></ApplyServerSideEncryptionByDefault>";
    let body = format!("<ServerSideEncryptionRule>{default}{default}</ServerSideEncryptionRule>");
    assert_decode(&oss::BucketEncryption::from_xml(&body), &body);
    for inside in [
        format!("<Rule>{default}</Rule><Rule>{default}</Rule>"),
        format!("<Rule/><Rule>{default}</Rule>"),
        format!("<Rule>{default}{default}</Rule>"),
        format!(
            "<Rule>{default}<BucketKeyEnabled>true</BucketKeyEnabled><BucketKeyEnabled>true</BucketKeyEnabled></Rule>"
        ),
    ] {
        let body = format!("<ServerSideEncryptionConfiguration>{inside}</ServerSideEncryptionConfiguration>");
        assert_decode(&obs::BucketEncryption::from_xml(&body), &body);
    }
    let inside = "<SSEAlgorithm>kms</SSEAlgorithm><ProjectID>1</ProjectID><ProjectID>1</ProjectID>";
    let body = obs_body(inside, "");
    assert_decode(&obs::BucketEncryption::from_xml(&body), &body);
}

#[test]
fn absent_empty_and_blank_fields_are_none() {
    for field in ["", "<KMSMasterKeyID/>", "<KMSMasterKeyID></KMSMasterKeyID>", "<KMSMasterKeyID> \n</KMSMasterKeyID>"]
    {
        assert_oss(&oss_body(&format!("<SSEAlgorithm>AES256</SSEAlgorithm>{field}")), &oss::BucketEncryption::aes256());
        let body = obs_body(&format!("<SSEAlgorithm>AES256</SSEAlgorithm>{field}<ProjectID/>"), "");
        assert_eq!(obs::BucketEncryption::from_xml(&body).unwrap(), Some(obs::BucketEncryption::aes256()), "{body}");
    }
}

#[test]
fn a_bucket_key_is_true_or_false_in_any_letter_case() {
    for (text, expected) in [
        ("true", Some(true)),
        ("TRUE", Some(true)),
        (" True\n", Some(true)),
        ("false", Some(false)),
        ("False", Some(false)),
        ("<![CDATA[false]]>", Some(false)),
        ("", None),
        (" ", None),
        ("yes", None),
        ("1", None),
        ("0", None),
        ("truefalse", None),
        ("<x>true</x>", None),
    ] {
        let body =
            obs_body("<SSEAlgorithm>kms</SSEAlgorithm>", &format!("<BucketKeyEnabled>{text}</BucketKeyEnabled>"));
        let outcome = obs::BucketEncryption::from_xml(&body);
        match expected {
            Some(_) => assert_eq!(outcome.unwrap().unwrap().bucket_key_enabled, expected, "{text:?}"),
            None => assert_decode(&outcome, &body),
        }
    }
}

#[test]
fn what_is_not_well_formed_is_decode() {
    for body in [
        "",
        " ",
        "\u{feff}",
        "KMS",
        "{}",
        "null",
        "<",
        "<ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule/><ServerSideEncryptionRule/>",
        "<ServerSideEncryptionRule/>KMS",
        "KMS<ServerSideEncryptionRule/>",
        "<ServerSideEncryptionRule></serverSideEncryptionRule>",
        "<ServerSideEncryptionRule a='1' a='2'/>",
        "<ServerSideEncryptionRule>&unknown;</ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule>&#0;</ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule>\u{1}</ServerSideEncryptionRule>",
        "<ServerSideEncryptionRule>]]></ServerSideEncryptionRule>",
        " <?xml version=\"1.0\"?><ServerSideEncryptionRule/>",
        "<? xml version=\"1.0\" encoding=\"UTF-8\"? ><ServerSideEncryptionRule/>",
        "<?xml version=\"1.0\"?><?xml version=\"1.0\"?><ServerSideEncryptionRule/>",
    ] {
        assert_decode(&oss::BucketEncryption::from_xml(body), body);
    }
}

#[test]
fn every_dtd_is_decode() {
    for dtd in [
        "<!DOCTYPE x>",
        "<!DOCTYPE ServerSideEncryptionRule>",
        "<!DOCTYPE ServerSideEncryptionRule []>",
        "<!DOCTYPE ServerSideEncryptionRule SYSTEM \"http://example.com/x.dtd\">",
        "<!DOCTYPE x [<!ENTITY a 'KMS'>]>",
        "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE x [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>",
        "\n<!-- c --><!DOCTYPE x>",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE x>",
        "\u{feff}<!DOCTYPE x>",
        "<!doctype html>",
    ] {
        for body in [format!("{dtd}{}", oss_body(FULL)), format!("{dtd}<ServerSideEncryptionRule/>")] {
            assert_decode(&oss::BucketEncryption::from_xml(&body), &body);
        }
        let body = format!("{dtd}{}", obs_body("<SSEAlgorithm>kms</SSEAlgorithm>", ""));
        assert_decode(&obs::BucketEncryption::from_xml(&body), &body);
    }
}

#[test]
fn deep_and_wide_documents_return() {
    let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let wide = |width: usize| "<a/>".repeat(width);
    for unknown in [deep(1_000), wide(1_000)] {
        assert_oss(&oss_body(&format!("{unknown}{FULL}")), &full());
    }
    // More nodes than any answer has are refused before they cost memory.
    for unknown in [deep(20_000), wide(10_000), "<a>".repeat(20_000)] {
        assert_decode(&oss::BucketEncryption::from_xml(&oss_body(&format!("{unknown}{FULL}"))), "too many nodes");
        assert_decode(&oss::BucketEncryption::from_xml(&unknown), "another root");
    }
}

#[track_caller]
fn assert_borrowed(text: Option<&Cow<'_, str>>) {
    assert!(matches!(text, Some(Cow::Borrowed(_))), "{text:?} is owned or absent");
}

#[test]
fn plain_bodies_are_borrowed_from() {
    let body = oss_body(
        "<SSEAlgorithm>Rot13</SSEAlgorithm><KMSMasterKeyID> 9468da86\n</KMSMasterKeyID><KMSDataEncryption>SM4</KMSDataEncryption>",
    );
    let read = oss::BucketEncryption::from_xml(&body).unwrap().unwrap();
    assert!(matches!(read.sse_algorithm, SseAlgorithm::Other(Cow::Borrowed("Rot13"))), "{read:?}");
    assert_borrowed(read.kms_master_key_id.as_ref());
    assert_borrowed(read.kms_data_encryption.as_ref());
    let body = full_obs().to_xml();
    let read = obs::BucketEncryption::from_xml(&body).unwrap().unwrap();
    assert_borrowed(read.kms_master_key_id.as_ref());
    assert_borrowed(read.kms_data_encryption.as_ref());
    assert_borrowed(read.project_id.as_ref());
}

#[test]
fn what_is_escaped_or_joined_is_owned_and_the_same() {
    let body = oss_body("<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>a&amp;b</KMSMasterKeyID>");
    let read = oss::BucketEncryption::from_xml(&body).unwrap().unwrap();
    assert!(matches!(read.kms_master_key_id, Some(Cow::Owned(ref id)) if id == "a&b"), "{read:?}");
}

#[test]
fn an_owned_setting_outlives_the_body_and_is_equal() {
    let body = full_obs().to_xml();
    let read = obs::BucketEncryption::from_xml(&body).unwrap().unwrap();
    let owned: obs::BucketEncryption<'static> = read.clone().into_owned();
    assert_eq!(owned, read);
    drop(body);
    assert_eq!(owned, full_obs());
    let other = oss::BucketEncryption::new(String::from("Rot13")).into_owned();
    assert_eq!(other.sse_algorithm.as_str(), "Rot13");
}

#[test]
fn bodies_are_written_in_the_vendors_order_without_blanks() {
    assert_eq!(full().to_xml(), oss_body(FULL));
    assert_eq!(
        full_obs().to_xml(),
        obs_body(
            "<SSEAlgorithm>kms</SSEAlgorithm><KMSDataEncryption>SM4</KMSDataEncryption>\
             <KMSMasterKeyID>4f1cd4de</KMSMasterKeyID><ProjectID>0a1b</ProjectID>",
            "<BucketKeyEnabled>true</BucketKeyEnabled>"
        )
    );
    assert_eq!(oss::BucketEncryption::new("sm4").to_xml(), oss_body("<SSEAlgorithm>SM4</SSEAlgorithm>"));
    let off = obs::BucketEncryption::aes256().with_bucket_key_enabled(false);
    assert_eq!(
        off.to_xml(),
        obs_body("<SSEAlgorithm>AES256</SSEAlgorithm>", "<BucketKeyEnabled>false</BucketKeyEnabled>")
    );
}

#[test]
fn an_empty_text_is_written_as_unset() {
    let empty = oss::BucketEncryption::kms().with_kms_master_key_id("").with_kms_data_encryption("");
    assert_eq!(empty.to_xml(), oss::BucketEncryption::kms().to_xml());
    let empty =
        obs::BucketEncryption::kms().with_kms_master_key_id("").with_kms_data_encryption("").with_project_id("");
    assert_eq!(empty.to_xml(), obs::BucketEncryption::kms().to_xml());
}

#[test]
fn what_is_written_is_read_back_equal() {
    let texts = [
        "9468da86",
        "a&b<c>d\"e'f",
        "]]>",
        "<!-- -->",
        "&amp;",
        "密钥\u{1f511}",
        "a\rb\nc\td",
        "x\u{85}y\u{2028}z",
        "a  b",
    ];
    for text in texts {
        for algorithm in ["AES256", "KMS", "SM4", "Rot<13>"] {
            let rule =
                oss::BucketEncryption::new(algorithm).with_kms_master_key_id(text).with_kms_data_encryption(text);
            assert_eq!(oss::BucketEncryption::from_xml(&rule.to_xml()).unwrap(), Some(rule.clone()), "{text:?}");
            for enabled in [true, false] {
                let setting = obs::BucketEncryption::new(algorithm)
                    .with_kms_master_key_id(text)
                    .with_kms_data_encryption(text)
                    .with_project_id(text)
                    .with_bucket_key_enabled(enabled);
                assert_eq!(
                    obs::BucketEncryption::from_xml(&setting.to_xml()).unwrap(),
                    Some(setting.clone()),
                    "{text:?}"
                );
            }
        }
    }
}

#[test]
fn a_setting_that_was_read_is_written_back_the_same() {
    for body in
        [oss_body(FULL), oss_body("<SSEAlgorithm>SM4</SSEAlgorithm>"), oss_body("<SSEAlgorithm>Rot13</SSEAlgorithm>")]
    {
        assert_eq!(oss::BucketEncryption::from_xml(&body).unwrap().unwrap().to_xml(), body);
    }
    for body in [
        full_obs().to_xml(),
        obs_body("<SSEAlgorithm>kms</SSEAlgorithm>", "<BucketKeyEnabled>false</BucketKeyEnabled>"),
    ] {
        assert_eq!(obs::BucketEncryption::from_xml(&body).unwrap().unwrap().to_xml(), body);
    }
}

#[test]
fn a_put_refuses_what_xml_cannot_carry_and_names_the_field() {
    let (of_oss, huawei) = (Endpoint::oss("cn-hangzhou").unwrap(), Endpoint::obs("cn-north-4").unwrap());
    for bad in ["a\0b", "\u{1}", "a\u{8}", "\u{b}", "\u{c}", "\u{e}", "\u{1f}", "a\u{fffe}", "\u{ffff}", " ", "\n\t"] {
        let (kms, setting) = (oss::BucketEncryption::kms, obs::BucketEncryption::kms);
        for (outcome, argument) in [
            (oss::put_bucket_encryption_request(&of_oss, "abc", &oss::BucketEncryption::new(bad)), "sse_algorithm"),
            (
                oss::put_bucket_encryption_request(&of_oss, "abc", &kms().with_kms_master_key_id(bad)),
                "kms_master_key_id",
            ),
            (
                oss::put_bucket_encryption_request(&of_oss, "abc", &kms().with_kms_data_encryption(bad)),
                "kms_data_encryption",
            ),
            (obs::put_bucket_encryption_request(&huawei, "abc", &obs::BucketEncryption::new(bad)), "sse_algorithm"),
            (
                obs::put_bucket_encryption_request(&huawei, "abc", &setting().with_kms_master_key_id(bad)),
                "kms_master_key_id",
            ),
            (
                obs::put_bucket_encryption_request(&huawei, "abc", &setting().with_kms_data_encryption(bad)),
                "kms_data_encryption",
            ),
            (obs::put_bucket_encryption_request(&huawei, "abc", &setting().with_project_id(bad)), "project_id"),
        ] {
            match outcome {
                Err(Error::Input(error)) => assert_eq!(error.argument(), argument, "{bad:?}"),
                other => panic!("{bad:?} as {argument} gives {other:?}"),
            }
        }
    }
    for good in ["", "\u{7f}", "\u{80}", "\u{e000}", "\u{fffd}", "\u{10ffff}", "a\tb\nc\rd"] {
        let rule = oss::BucketEncryption::kms().with_kms_master_key_id(good);
        assert!(oss::put_bucket_encryption_request(&of_oss, "abc", &rule).is_ok(), "{good:?}");
    }
}

#[test]
fn a_put_refuses_an_empty_algorithm() {
    let (of_oss, huawei) = (Endpoint::oss("cn-hangzhou").unwrap(), Endpoint::obs("cn-north-4").unwrap());
    for blank in ["", " "] {
        assert!(oss::put_bucket_encryption_request(&of_oss, "abc", &oss::BucketEncryption::new(blank)).is_err());
        assert!(obs::put_bucket_encryption_request(&huawei, "abc", &obs::BucketEncryption::new(blank)).is_err());
    }
}
