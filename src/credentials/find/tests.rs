use super::super::testing::{Home, Metadata, SECRET, alibaba, huawei, miss, surroundings, variables};
use super::*;

const OSSUTIL_2: &str = "\
# written by ossutil 2
[default]
access-key-id = FILE-ID
accessKeySecret = \"hunter22-hunter22\"
region = cn-hangzhou

[profile CI]
mode=StsToken
access_key_id=CI-ID
access_key_secret=hunter22-hunter22
sts-token=ci-token

[profile machine]
mode = EcsRamRole
ecs-role-name = web

[profile settings]
region = cn-beijing

[buckets examplebucket]
endpoint oss-cn-shanghai.aliyuncs.com
";

const OSSUTIL_1: &str = "\
[Credentials]
language=EN
endpoint=oss-cn-hangzhou.aliyuncs.com
accessKeyID=FILE-ID
accessKeySecret=hunter22-hunter22
stsToken=
[Bucket-Endpoint]
examplebucket = oss-cn-shanghai.aliyuncs.com
";

const ALIYUN: &str = r#"{
    "current": "work",
    "profiles": [
        {"name": "default", "mode": "AK", "access_key_id": "", "access_key_secret": "", "region_id": "cn-hangzhou"},
        {"name": "work", "mode": "AK", "access_key_id": "WORK-ID", "access_key_secret": "hunter22-hunter22",
         "sts_token": "stale", "retry_timeout": 10, "language": "en"},
        {"name": "temporary", "mode": "StsToken", "access_key_id": "STS.T", "access_key_secret": "hunter22-hunter22",
         "sts_token": "t-token", "sts_expiration": 1744272000},
        {"name": "machine", "mode": "EcsRamRole", "ram_role_name": "web"},
        {"name": "any-role", "mode": "EcsRamRole", "ram_role_name": ""},
        {"name": "assumed", "mode": "RamRoleArn", "access_key_id": "A", "access_key_secret": "hunter22-hunter22",
         "ram_role_arn": "acs:ram::1:role/r"},
        {"name": "odd", "mode": "hunter22"}
    ]
}"#;

fn no_variable(_: &str) -> Option<OsString> {
    None
}

#[track_caller]
fn assert_key(found: Result<Credentials, Miss>, id: &str, token: Option<&str>) {
    let key = found.map_err(Miss::into_error).unwrap();
    assert_eq!((key.access_key_id(), key.access_key_secret(), key.security_token()), (id, SECRET, token));
}

#[test]
fn the_first_set_of_variables_is_used_whole() {
    let home = Home::with(&[]);
    for (cloud, table, id, token) in [
        (Cloud::Alibaba, &[("OSS_ACCESS_KEY_ID", "a"), ("OSS_ACCESS_KEY_SECRET", SECRET)][..], "a", None),
        (
            Cloud::Alibaba,
            &[("OSS_ACCESS_KEY_ID", "a"), ("OSS_ACCESS_KEY_SECRET", SECRET), ("OSS_SESSION_TOKEN", "t")],
            "a",
            Some("t"),
        ),
        (
            Cloud::Alibaba,
            &[
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", "b"),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
                ("OSS_SESSION_TOKEN", ""),
            ],
            "b",
            None,
        ),
        (
            Cloud::Alibaba,
            &[
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", "b"),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "other"),
                ("ALIBABA_CLOUD_SECURITY_TOKEN", "u"),
                ("OSS_ACCESS_KEY_ID", "a"),
                ("OSS_ACCESS_KEY_SECRET", SECRET),
                ("OSS_SESSION_TOKEN", ""),
            ],
            "a",
            None,
        ),
        (
            Cloud::Alibaba,
            &[
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", "b"),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
                ("ALIBABA_CLOUD_SECURITY_TOKEN", "u"),
            ],
            "b",
            Some("u"),
        ),
        (
            Cloud::Huawei,
            &[("OBS_ACCESS_KEY_ID", "c"), ("OBS_SECRET_ACCESS_KEY", SECRET), ("OBS_SECURITY_TOKEN", "v")],
            "c",
            Some("v"),
        ),
        (
            Cloud::Huawei,
            &[
                ("HUAWEICLOUD_SDK_AK", "d"),
                ("HUAWEICLOUD_SDK_SK", SECRET),
                ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "w"),
                ("OSS_ACCESS_KEY_ID", "a"),
            ],
            "d",
            Some("w"),
        ),
    ] {
        assert_key(surroundings(&variables(table), &home, None).env(cloud), id, token);
    }
}

#[test]
fn a_set_of_variables_with_a_gap_is_refused() {
    let home = Home::with(&[("ossutilconfig", OSSUTIL_2)]);
    for (cloud, table, text) in [
        (
            Cloud::Alibaba,
            &[
                ("OSS_ACCESS_KEY_ID", "a"),
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", "b"),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
            ][..],
            "invalid OSS_ACCESS_KEY_SECRET: it is not set while OSS_ACCESS_KEY_ID is; a set of variables is used whole: \
             set it, or unset OSS_ACCESS_KEY_ID; looked for OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and, for a temporary \
             key, OSS_SESSION_TOKEN",
        ),
        (
            Cloud::Alibaba,
            &[("OSS_ACCESS_KEY_SECRET", SECRET)],
            "invalid OSS_ACCESS_KEY_ID: it is not set while OSS_ACCESS_KEY_SECRET is",
        ),
        (
            Cloud::Alibaba,
            &[("OSS_SESSION_TOKEN", SECRET)],
            "invalid OSS_ACCESS_KEY_ID: it is not set while OSS_SESSION_TOKEN is",
        ),
        (
            Cloud::Alibaba,
            &[("OSS_ACCESS_KEY_ID", "a"), ("OSS_ACCESS_KEY_SECRET", "")],
            "invalid OSS_ACCESS_KEY_SECRET: it is empty; a set of variables is used whole: give it a value, or unset the set",
        ),
        (
            Cloud::Alibaba,
            &[("OSS_ACCESS_KEY_ID", ""), ("OSS_ACCESS_KEY_SECRET", SECRET)],
            "invalid OSS_ACCESS_KEY_ID: it is empty; a set of variables is used whole",
        ),
        (
            Cloud::Alibaba,
            &[("OSS_ACCESS_KEY_ID", "a"), ("OSS_ACCESS_KEY_SECRET", "hunter22\n")],
            "invalid OSS_ACCESS_KEY_SECRET: it begins or ends with a blank or line break; trim it",
        ),
        (
            Cloud::Alibaba,
            &[("OSS_ACCESS_KEY_ID", "a b"), ("OSS_ACCESS_KEY_SECRET", SECRET)],
            "invalid OSS_ACCESS_KEY_ID: it holds a character",
        ),
        (
            Cloud::Huawei,
            &[
                ("HUAWEICLOUD_SDK_AK", "a"),
                ("HUAWEICLOUD_SDK_SK", SECRET),
                ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "hunter 22"),
            ],
            "invalid HUAWEICLOUD_SDK_SECURITY_TOKEN: it holds a character",
        ),
        (Cloud::Huawei, &[("HUAWEICLOUD_SDK_AK", "a")], "invalid HUAWEICLOUD_SDK_SK: it is not set"),
    ] {
        let variable = variables(table);
        let around = surroundings(&variable, &home, None);
        for outcome in [around.env(cloud), around.find(cloud).map_err(Miss::Unusable)] {
            let (error, is_absent) = miss(outcome);
            assert!(error.to_string().starts_with(text), "{error}");
            assert!(matches!(error, Error::Input(_)) && !is_absent);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_refused_by_name() {
    use std::os::unix::ffi::OsStringExt as _;
    let home = Home::with(&[]);
    let variable = |name: &str| match name {
        "OSS_ACCESS_KEY_ID" => Some(OsString::from("id")),
        "OSS_ACCESS_KEY_SECRET" => Some(OsString::from_vec(b"hunter22\xff".to_vec())),
        _ => None,
    };
    let (error, _) = miss(surroundings(&variable, &home, None).env(Cloud::Alibaba));
    assert!(error.to_string().starts_with("invalid OSS_ACCESS_KEY_SECRET: its value is not UTF-8"), "{error}");
}

#[test]
fn profiles_are_read_from_the_vendors_files() {
    let server = Metadata::start(alibaba);
    for (files, cloud, profile, id, token) in [
        (&[(".ossutilconfig", OSSUTIL_2)][..], Cloud::Alibaba, None, "FILE-ID", None),
        (&[(".ossutilconfig", OSSUTIL_2)], Cloud::Alibaba, Some("default"), "FILE-ID", None),
        (&[(".ossutilconfig", OSSUTIL_2)], Cloud::Alibaba, Some("ci"), "CI-ID", Some("ci-token")),
        (&[(".ossutilconfig", OSSUTIL_2)], Cloud::Alibaba, Some("machine"), "STS.web", Some("CAIS-hunter22-hunter22")),
        (&[(".ossutilconfig", OSSUTIL_1)], Cloud::Alibaba, None, "FILE-ID", None),
        (&[(".aliyun/config.json", ALIYUN)], Cloud::Alibaba, None, "WORK-ID", None),
        (&[(".aliyun/config.json", ALIYUN)], Cloud::Alibaba, Some("temporary"), "STS.T", Some("t-token")),
        (
            &[(".aliyun/config.json", ALIYUN)],
            Cloud::Alibaba,
            Some("machine"),
            "STS.web",
            Some("CAIS-hunter22-hunter22"),
        ),
        (
            &[(".aliyun/config.json", ALIYUN)],
            Cloud::Alibaba,
            Some("any-role"),
            "STS.web",
            Some("CAIS-hunter22-hunter22"),
        ),
        // The first file that has the profile and a key in it.
        (&[(".ossutilconfig", OSSUTIL_2), (".aliyun/config.json", ALIYUN)], Cloud::Alibaba, None, "FILE-ID", None),
        (
            &[(".ossutilconfig", OSSUTIL_2), (".aliyun/config.json", ALIYUN)],
            Cloud::Alibaba,
            Some("work"),
            "WORK-ID",
            None,
        ),
        (
            &[(".ossutilconfig", "[default]\nregion=cn-hangzhou"), (".aliyun/config.json", ALIYUN)],
            Cloud::Alibaba,
            None,
            "WORK-ID",
            None,
        ),
        // ossutil 1's key beside ossutil 2's settings.
        (
            &[(".ossutilconfig", "[default]\nregion=cn-hangzhou\n[credentials]\nak=OLD\nsk=hunter22-hunter22")],
            Cloud::Alibaba,
            None,
            "OLD",
            None,
        ),
        (
            &[(".obsutilconfig", "\u{feff}endpoint=x\nak=HW\nsk=hunter22-hunter22\ntoken=\n")],
            Cloud::Huawei,
            None,
            "HW",
            None,
        ),
        (&[(".obsutilconfig", "ak=HW\r\nsk=hunter22-hunter22\r\ntoken=t\r\n")], Cloud::Huawei, None, "HW", Some("t")),
        (
            &[(
                ".huaweicloud/credentials",
                "[basic]\nak = SDK\nsk = hunter22-hunter22\nsecurity_token = t\n[global]\nak = G\n",
            )],
            Cloud::Huawei,
            None,
            "SDK",
            Some("t"),
        ),
    ] {
        let home = Home::with(files);
        assert_key(surroundings(&no_variable, &home, Some(&server.base)).profile(cloud, profile), id, token);
    }
}

#[test]
fn a_profiles_expiry_is_kept() {
    let home = Home::with(&[(".aliyun/config.json", ALIYUN)]);
    let around = surroundings(&no_variable, &home, None);
    let key = around.profile(Cloud::Alibaba, Some("temporary")).map_err(Miss::into_error).unwrap();
    assert_eq!(key.expires_at(), Some(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_744_272_000)));
}

/// Files and profiles whose key cannot be used, and the end of the message behind the path.
#[test]
fn bad_files_are_told_by_path_line_and_reason() {
    let json = |text: &str| ALIYUN.replace("\"work\",\n", text);
    for (file, text, profile, reason) in [
        (".ossutilconfig", "[default]\nhunter22\n".to_owned(), None, ", line 2: there is no `=`"),
        (".ossutilconfig", "[default\n".to_owned(), None, ", line 1: a section's name has no `]`"),
        (".ossutilconfig", "\naccess-key-id=a\n".to_owned(), None, ", line 2: it stands before the first section"),
        (".ossutilconfig", "[default]\nak=a\nsk=\"hunter22\n".to_owned(), None, ", line 3: a quote is opened"),
        (
            ".ossutilconfig",
            "[default]\nak=a\n\nsk=\"hunter22 \"\n".to_owned(),
            None,
            ", line 4: access-key-secret: it begins or ends",
        ),
        (".ossutilconfig", "[default]\nak=a\n".to_owned(), None, ", [default]: access-key-secret is missing"),
        (
            ".ossutilconfig",
            "[profile x]\nsk=hunter22\n".to_owned(),
            Some("x"),
            ", [profile x]: access-key-id is missing",
        ),
        (
            ".ossutilconfig",
            "[default]\nmode=StsToken\nak=a\nsk=hunter22\n".to_owned(),
            None,
            ", [default]: sts-token is missing",
        ),
        (
            ".ossutilconfig",
            "[default]\nmode=oidcRoleArn\n".to_owned(),
            None,
            ", line 2: the mode OidcRoleArn is not supported",
        ),
        (
            ".ossutilconfig",
            "[default]\nmode=Anonymous\n".to_owned(),
            None,
            ", line 2: the mode Anonymous is not supported",
        ),
        (".ossutilconfig", "[default]\nmode=hunter22\n".to_owned(), None, ", line 2: the mode is unknown"),
        (
            ".ossutilconfig",
            "[default]\nmode=EcsRamRole\necs-role-name=hunter22/x\n".to_owned(),
            None,
            ", line 3: ecs-role-name: it holds '/'",
        ),
        (
            ".ossutilconfig",
            "[default]\nak=a\nsk=hunter22\nrole-arn=hunter22\n".to_owned(),
            None,
            ", line 4: role-arn has the key come from elsewhere",
        ),
        (
            ".ossutilconfig",
            "[default]\ncredential_process=hunter22\n".to_owned(),
            None,
            ", line 2: credential-process has the key",
        ),
        (
            ".aliyun/config.json",
            json("\"gone\",\n"),
            None,
            ": there is no profile \"gone\"; there is default, work, temporary, machine",
        ),
        (".aliyun/config.json", json("\"hunter22\"\n"), None, ", line 3: it is not JSON: expected `,` or `}`"),
        (".aliyun/config.json", "{\"profiles\":{}}".to_owned(), None, ": it has no list `profiles`"),
        (".aliyun/config.json", "hunter22".to_owned(), None, ", line 1: it is not JSON: expected value, in column 1"),
        (
            ".aliyun/config.json",
            ALIYUN.to_owned(),
            Some("assumed"),
            ", profile \"assumed\": the mode RamRoleArn is not supported",
        ),
        (".aliyun/config.json", ALIYUN.to_owned(), Some("odd"), ", profile \"odd\": the mode is unknown"),
        // A role that the file names, on a machine without one.
        (".aliyun/config.json", ALIYUN.to_owned(), Some("machine"), "the role \"web\" of this machine at 127.0.0.1:1"),
        (".aliyun/config.json", " ".repeat(1024 * 1024 + 1), None, ": it has more than 1 MiB"),
    ] {
        let home = Home::with(&[(file, &text)]);
        let (error, is_absent) = miss(surroundings(&no_variable, &home, None).profile(Cloud::Alibaba, profile));
        let told = error.to_string();
        assert!(told.contains(reason) && !is_absent, "{file} {profile:?}: {told}");
        if let Error::Input(error) = &error {
            assert_eq!(error.argument(), format!("~/{file}"));
            assert!(error.problem().starts_with(&home.0.join(file).display().to_string()), "{told}");
        }
    }
}

#[test]
fn files_that_cannot_be_read_end_the_search() {
    let home = Home::with(&[(".aliyun/config.json/folder/x", "")]);
    home.write(".ossutilconfig", b"[default]\nak=\xff\n");
    let around = surroundings(&no_variable, &home, None);
    let (error, is_absent) = miss(around.profile(Cloud::Alibaba, None));
    assert!(error.to_string().ends_with(".ossutilconfig, line 2: it is not UTF-8") && !is_absent, "{error}");
    std::fs::remove_file(home.0.join(".ossutilconfig")).unwrap();
    let (error, is_absent) = miss(around.profile(Cloud::Alibaba, None));
    assert!(error.to_string().contains("config.json: it cannot be ") && !is_absent, "{error}");
}

#[test]
fn profiles_that_are_not_there_are_told_with_those_that_are() {
    let home = Home::with(&[(".ossutilconfig", OSSUTIL_2), (".aliyun/config.json", ALIYUN)]);
    let around = surroundings(&no_variable, &home, None);
    let (error, is_absent) = miss(around.profile(Cloud::Alibaba, Some("gone")));
    let (first, second) = (home.0.join(".ossutilconfig"), home.0.join(".aliyun/config.json"));
    let expected = format!(
        "invalid profile: {}: there is no profile \"gone\"; there is default, ci, machine, settings; {}: there is no profile \
         \"gone\"; there is default, work, temporary, machine, any-role, assumed, odd",
        first.display(),
        second.display()
    );
    assert_eq!(error.to_string(), expected);
    assert!(is_absent);

    let (error, is_absent) = miss(around.profile(Cloud::Alibaba, Some("settings")));
    assert!(error.to_string().contains(", [profile settings]: there is no access key; ") && is_absent, "{error}");

    let (error, is_absent) = miss(around.profile(Cloud::Huawei, Some("ci")));
    assert_eq!(error.to_string(), "invalid profile: Huawei's files have no profiles; pass None");
    assert!(!is_absent);

    let homeless = Surroundings { variable: &no_variable, home: None, metadata: None };
    let (error, is_absent) = miss(homeless.profile(Cloud::Alibaba, None));
    assert!(error.to_string().contains("home folder") && is_absent);
}

#[test]
fn a_search_takes_the_environment_then_a_file_then_the_role() {
    let set = variables(&[("OSS_ACCESS_KEY_ID", "ENV-ID"), ("OSS_ACCESS_KEY_SECRET", SECRET)]);
    let (alibaba, huawei) = (Metadata::start(alibaba), Metadata::start(huawei));
    let (full, empty) = (Home::with(&[(".ossutilconfig", OSSUTIL_2)]), Home::with(&[]));
    let find = |variable, home, server: &Metadata, cloud| {
        let key = surroundings(variable, home, Some(&server.base)).find(cloud).unwrap();
        key.access_key_id().to_owned()
    };
    assert_eq!(find(&set, &full, &alibaba, Cloud::Alibaba), "ENV-ID");
    assert_eq!(find(&no_variable, &full, &alibaba, Cloud::Alibaba), "FILE-ID");
    assert!(alibaba.requests().is_empty(), "the machine was asked though it was not its turn");
    assert_eq!(find(&no_variable, &empty, &alibaba, Cloud::Alibaba), "STS.web");
    // Another cloud's key is not looked at.
    assert_eq!(find(&set, &full, &huawei, Cloud::Huawei), "HWKEY");
}

#[test]
fn a_place_that_cannot_be_used_ends_the_search() {
    let server = Metadata::start(alibaba);
    let home = Home::with(&[(".ossutilconfig", "[default]\nak=a\n"), (".aliyun/config.json", ALIYUN)]);
    let error = surroundings(&no_variable, &home, Some(&server.base)).find(Cloud::Alibaba).unwrap_err();
    assert!(error.to_string().starts_with("invalid ~/.ossutilconfig: "), "{error}");
    assert!(server.requests().is_empty());
    let server = Metadata::start(|_| super::super::testing::answer(500, ""));
    let error = surroundings(&no_variable, &Home::with(&[]), Some(&server.base)).find(Cloud::Alibaba).unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error}");
}

#[test]
fn nothing_found_lists_everything_that_was_tried() {
    let home = Home::with(&[]);
    let around = surroundings(&no_variable, &home, None);
    let path = |file: &str| home.0.join(file).display().to_string();
    for (cloud, variables, files, last) in [
        (
            Cloud::Alibaba,
            "OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            [path(".ossutilconfig"), path(".aliyun/config.json")],
            "the connection was refused",
        ),
        (
            Cloud::Huawei,
            "OBS_ACCESS_KEY_ID, OBS_SECRET_ACCESS_KEY, HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
            [path(".obsutilconfig"), path(".huaweicloud/credentials")],
            "the connection was refused",
        ),
    ] {
        let error = around.find(cloud).unwrap_err();
        let text = error.to_string();
        let [first, second] = files;
        let expected = format!(
            "invalid credentials: none were found: none of {variables} is set in the environment; {first}: there is no such \
             file; {second}: there is no such file; the role of this machine at 127.0.0.1:1: {last}"
        );
        assert!(text.starts_with(&expected), "{text}\n{expected}");
        assert!(matches!(error, Error::Input(_)));
    }
}

#[test]
fn errors_of_one_place_read_well_alone() {
    let home = Home::with(&[]);
    let around = surroundings(&no_variable, &home, None);
    let (error, is_absent) = miss(around.env(Cloud::Huawei));
    let expected = "invalid environment: none of OBS_ACCESS_KEY_ID, OBS_SECRET_ACCESS_KEY, HUAWEICLOUD_SDK_AK and \
        HUAWEICLOUD_SDK_SK is set in the environment";
    assert_eq!((error.to_string().as_str(), is_absent), (expected, true));
}
