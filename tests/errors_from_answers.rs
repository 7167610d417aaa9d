//! Answers with an error, and answers that are neither a setting nor an error: from `Response::new` on.

use bucket_encryption::{Error, Response, Result, ServiceError, obs, oss, oss_tables};

const XML: (&str, &str) = ("Content-Type", "application/xml");
const KIB_64: usize = 64 * 1024;

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    Response::new(status, headers.iter().copied(), body.as_bytes().to_vec())
}

/// The error of a put or delete.
#[track_caller]
fn refused(response: &Response) -> Error {
    let error = response.check().unwrap_err();
    assert!(error.service().is_some(), "{error}");
    error
}

fn service(error: &Error) -> &ServiceError {
    error.service().expect("the service's own error")
}

fn xml(code: &str, message: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")
}

/// The three readers of an answer to a get.
fn reads(response: &Response) -> [Result<bool>; 3] {
    [
        oss::BucketEncryption::from_response(response).map(|setting| setting.is_some()),
        obs::BucketEncryption::from_response(response).map(|setting| setting.is_some()),
        oss_tables::TableEncryption::from_response(response).map(|setting| setting.is_some()),
    ]
}

#[track_caller]
fn assert_decode(response: &Response) {
    for outcome in reads(response) {
        assert!(matches!(outcome, Err(Error::Decode(_))), "{response:?} gives {outcome:?}");
    }
}

#[track_caller]
fn assert_none(response: &Response) {
    for outcome in reads(response) {
        assert!(matches!(outcome, Ok(false)), "{response:?} gives {outcome:?}");
    }
}

#[test]
fn an_oss_error_is_read_whole() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>SignatureDoesNotMatch</Code>\n  <Message>The \
                signature does not match.</Message>\n  <RequestId>625A73995C8CDB36362D736C</RequestId>\n  \
                <HostId>examplebucket.oss-cn-beijing.aliyuncs.com</HostId>\n  <OSSAccessKeyId>LTAI</OSSAccessKeyId>\n  \
                <SignatureProvided>x</SignatureProvided>\n  <StringToSign>GET\n\n\nDate</StringToSign>\n  \
                <EC>0002-00000201</EC>\n  <RecommendDoc>https://api.aliyun.com/troubleshoot?q=0002-00000201</RecommendDoc>\
                \n</Error>\n";
    let error = refused(&answer(403, &[XML, ("x-oss-request-id", "other")], body));
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"));
    let service = service(&error);
    assert_eq!(service.status(), 403);
    assert_eq!(service.code(), "SignatureDoesNotMatch");
    assert_eq!(service.message(), "The signature does not match.");
    assert_eq!(service.request_id(), Some("625A73995C8CDB36362D736C"), "the body comes before the headers");
    assert_eq!(service.ec(), Some("0002-00000201"));
    assert_eq!(service.host_id(), Some("examplebucket.oss-cn-beijing.aliyuncs.com"));
    assert_eq!(service.endpoint(), None);
}

#[test]
fn an_obs_error_is_read_whole() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><Error><Code>AccessDenied</Code><Message>Access \
                Denied</Message><Resource>/bucket</Resource><RequestId>001B21A61C6C0000013402C4616D5285</RequestId><HostId>\
                Id\nwith a line break\n</HostId></Error>";
    let error = refused(&answer(403, &[XML, ("x-obs-request-id", "other"), ("x-obs-id-2", "other")], body));
    let service = service(&error);
    assert_eq!((service.status(), service.code(), service.message()), (403, "AccessDenied", "Access Denied"));
    assert_eq!(service.request_id(), Some("001B21A61C6C0000013402C4616D5285"));
    assert_eq!(service.host_id(), Some("Id\nwith a line break"));
    assert!(error.is_denied());
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn headers_fill_in_what_the_body_leaves_open() {
    let headers = [("X-Oss-Request-Id", " R1 "), ("x-oss-ec", "0003-00000801"), ("x-obs-id-2", "id2")];
    let error = refused(&answer(403, &headers, &xml("AccessDenied", "no")));
    let service = service(&error);
    assert_eq!(service.request_id(), Some("R1"));
    assert_eq!(service.ec(), Some("0003-00000801"));
    assert_eq!(service.host_id(), Some("id2"));
    let error = refused(&answer(403, &[("x-obs-request-id", "R2")], &xml("AccessDenied", "no")));
    assert_eq!(error.service().unwrap().request_id(), Some("R2"));
}

#[test]
fn an_empty_or_absent_field_is_none() {
    let error =
        refused(&answer(403, &[("x-oss-request-id", "")], "<Error><Code>X</Code><RequestId/><EC> </EC></Error>"));
    let service = service(&error);
    assert_eq!((service.request_id(), service.ec(), service.host_id(), service.endpoint()), (None, None, None, None));
    assert_eq!(service.code(), "X");
}

#[test]
fn the_base64_header_of_oss_stands_for_an_empty_body() {
    let document = "PD94bWwgdmVyc2lvbj0iMS4wIiBlbmNvZGluZz0iVVRGLTgiPz48RXJyb3I+PENvZGU+Tm9TdWNoQnVja2V0PC9Db2RlPjxNZXNz\
                    YWdlPm08L01lc3NhZ2U+PFJlcXVlc3RJZD5SMTwvUmVxdWVzdElkPjxFQz4wMDE1LTAwMDAwMTAxPC9FQz48L0Vycm9yPg==";
    let error = refused(&answer(404, &[("X-Oss-Err", document), ("x-oss-ec", "other")], ""));
    let service = service(&error);
    assert_eq!((service.status(), service.code(), service.message()), (404, "NoSuchBucket", "m"));
    assert_eq!((service.request_id(), service.ec()), (Some("R1"), Some("0015-00000101")));
    assert!(error.is_not_found());
    // A body comes first.
    let error = refused(&answer(403, &[("x-oss-err", document)], &xml("AccessDenied", "no")));
    assert_eq!(error.code(), Some("AccessDenied"));
}

#[test]
fn an_unreadable_base64_header_is_left_alone() {
    for value in ["!", "PD94", "////", "", "e30="] {
        let error = refused(&answer(403, &[("x-oss-err", value), ("x-oss-request-id", "R1")], ""));
        assert_eq!((error.code(), error.service().unwrap().request_id()), (None, Some("R1")), "{value:?}");
        assert!(error.is_denied(), "{value:?}");
    }
}

#[test]
fn the_error_headers_of_obs_stand_for_an_empty_body() {
    let headers = [
        ("x-obs-error-code", "NoSuchBucket"),
        ("x-obs-error-message", "The specified bucket does not exist."),
        ("x-obs-request-id", "R1"),
        ("x-obs-id-2", "id2"),
    ];
    let error = refused(&answer(404, &headers, ""));
    let read = service(&error);
    assert_eq!((read.code(), read.message()), ("NoSuchBucket", "The specified bucket does not exist."));
    assert_eq!((read.request_id(), read.host_id()), (Some("R1"), Some("id2")));
    assert!(error.is_not_found());
    let error = refused(&answer(404, &headers, &xml("AccessDenied", "from the body")));
    let read = service(&error);
    assert_eq!((read.code(), read.message()), ("AccessDenied", "from the body"));
}

/// Shape T1 of OSS Tables: the code in a header, the message in the body.
#[test]
fn the_type_header_of_oss_tables_is_the_code() {
    let message = "TableBucketArn from uri and from host not match.";
    for media_type in
        ["application/json", "application/json;charset=UTF-8", "Application/JSON ; charset=utf-8", "text/plain", ""]
    {
        let headers = [
            ("Content-Type", media_type),
            ("x-oss-error-type", "BadRequestException"),
            ("x-oss-request-id", "R1"),
            ("x-oss-ec", "0016-00000502"),
        ];
        let error = refused(&answer(400, &headers, &format!(r#"{{"message":"{message}"}}"#)));
        let service = service(&error);
        assert_eq!((service.status(), service.code(), service.message()), (400, "BadRequestException", message));
        assert_eq!((service.request_id(), service.ec()), (Some("R1"), Some("0016-00000502")));
    }
}

/// Shape T2: no code anywhere. None is made up.
#[test]
fn without_the_type_header_there_is_no_code() {
    let headers = [("Content-Type", "application/json"), ("x-oss-ec", "0016-00000502"), ("x-oss-request-id", "R1")];
    let error = refused(&answer(400, &headers, r#"{"message":"Missing Some Required Arguments."}"#));
    assert_eq!(error.code(), None);
    let service = service(&error);
    assert_eq!((service.code(), service.message()), ("", "Missing Some Required Arguments."));
    assert_eq!((service.ec(), service.request_id()), (Some("0016-00000502"), Some("R1")));
}

/// Shape T3: wrapped, with the names that the XML has.
#[test]
fn a_wrapped_json_error_is_read_whole() {
    let body = r#"{"Error":{"Code":"MissingArgument","Message":"Missing.","RequestId":"R1","HostId":"h","EC":"0016-00000502","RecommendDoc":"https://x"}}"#;
    let error = refused(&answer(400, &[("x-oss-request-id", "other"), ("x-oss-error-type", "other")], body));
    let service = service(&error);
    assert_eq!((service.code(), service.message()), ("MissingArgument", "Missing."));
    assert_eq!((service.request_id(), service.ec(), service.host_id()), (Some("R1"), Some("0016-00000502"), Some("h")));
}

#[test]
fn the_json_of_obs_is_read() {
    let error = refused(&answer(403, &[], r#"{"code":"AccessDenied","message":"no","request_id":"R1"}"#));
    let service = service(&error);
    assert_eq!((service.code(), service.message(), service.request_id()), ("AccessDenied", "no", Some("R1")));
}

#[test]
fn json_without_a_known_key_keeps_status_and_body() {
    for body in [r#"{"Other":"text"}"#, r#"{"message":1}"#, r#"{"message":null,"Error":"x"}"#, "{}", "[1]", "{broken"] {
        let error = refused(&answer(500, &[], body));
        let service = service(&error);
        assert_eq!((service.status(), service.code(), service.message()), (500, "", body));
    }
}

#[test]
fn a_page_of_a_proxy_keeps_its_status_and_a_short_snippet() {
    let body =
        format!("<!DOCTYPE html>\r\n<html>\r\n<head><title>502\tBad Gateway</title>{}</html>", "<p>x</p>".repeat(500));
    let error = refused(&answer(502, &[("Content-Type", "text/html")], &body));
    let service = service(&error);
    assert_eq!((service.status(), service.code()), (502, ""));
    assert!(service.message().starts_with("<!DOCTYPE html> <html> <head><title>502 Bad Gateway</title>"));
    assert_eq!(service.message().chars().count(), 256);
    assert!(!error.to_string().contains('\n'));
}

#[test]
fn an_error_without_a_body_keeps_its_status() {
    for status in [400, 403, 404, 500, 503, 599, 100, 199, 300, 304, 600, 999] {
        let error = refused(&answer(status, &[], ""));
        let service = service(&error);
        assert_eq!((service.status(), service.code(), service.message()), (status, "", ""), "{status}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
    }
}

#[test]
fn bodies_that_are_no_text_are_survived() {
    for body in
        [vec![0xff; 1000], vec![0], b"<Error><Code>\xff</Code></Error>".to_vec(), b"{\"message\":\"\xc3\"}".to_vec()]
    {
        let response = Response::new(500, [], body.clone());
        let error = refused(&response);
        assert_eq!((error.code(), error.service().unwrap().status()), (None, 500));
        assert!(!error.to_string().contains('\0'));
        assert_decode(&Response::new(200, [], body));
    }
}

#[test]
fn an_error_document_is_walked_by_path() {
    let nested = "<Error><Detail><Code>Wrong</Code><Message>wrong</Message></Detail><Code>Right</Code><Message>right</Message></Error>";
    let error = refused(&answer(400, &[], nested));
    assert_eq!((error.code(), error.service().unwrap().message()), (Some("Right"), "right"));
    let namespaced =
        "<e:Error xmlns:e=\"urn:x\"><e:Code>R<!-- -->ight</e:Code><e:Message><![CDATA[<right>]]></e:Message></e:Error>";
    let error = refused(&answer(400, &[], namespaced));
    assert_eq!((error.code(), error.service().unwrap().message()), (Some("Right"), "<right>"));
    for other in [
        "<Errors><Code>X</Code></Errors>",
        "<Answer><Error><Code>X</Code></Error></Answer>",
        "<!DOCTYPE Error><Error><Code>X</Code></Error>",
        "<Error><Code>X</Code>",
    ] {
        assert_eq!(refused(&answer(400, &[], other)).code(), None, "{other}");
    }
}

#[test]
fn errors_up_to_64_kib_are_read_and_longer_ones_cut() {
    let padded = |length: usize| {
        let (before, after) = ("<Error><Code>NoSuchBucket</Code><Message>m</Message><X>", "</X></Error>");
        format!("{before}{}{after}", "x".repeat(length - before.len() - after.len()))
    };
    let error = refused(&answer(404, &[], &padded(KIB_64)));
    assert_eq!((error.code(), error.service().unwrap().message()), (Some("NoSuchBucket"), "m"));
    let error = refused(&answer(404, &[("x-oss-request-id", "R1")], &padded(KIB_64 + 1)));
    let service = service(&error);
    assert_eq!((service.status(), service.code(), service.request_id()), (404, "", Some("R1")));
    assert!(service.message().starts_with("<Error><Code>NoSuchBucket"), "{}", service.message());
    assert_eq!(service.message().chars().count(), 256);
}

#[test]
fn settings_up_to_64_kib_are_read_and_longer_ones_decode() {
    for (length, is_read) in [(KIB_64, true), (KIB_64 + 1, false)] {
        let pad = |body: String| format!("{body}{}", " ".repeat(length - body.len()));
        let rule = answer(200, &[], &pad(oss::BucketEncryption::kms().to_xml()));
        let setting = answer(200, &[], &pad(obs::BucketEncryption::kms().to_xml()));
        let table = answer(200, &[], &pad(oss_tables::TableEncryption::kms().to_json()));
        for outcome in [
            oss::BucketEncryption::from_response(&rule).map(|setting| setting.is_some()),
            obs::BucketEncryption::from_response(&setting).map(|setting| setting.is_some()),
            oss_tables::TableEncryption::from_response(&table).map(|setting| setting.is_some()),
        ] {
            match outcome {
                Ok(true) => assert!(is_read, "{length}"),
                Err(Error::Decode(_)) => assert!(!is_read, "{length}"),
                other => panic!("{length}: {other:?}"),
            }
        }
        assert!(rule.check().is_ok());
    }
}

#[test]
fn a_redirect_is_an_error_that_shows_where_it_points() {
    for (status, location, endpoint) in [
        (301, "https://oss-cn-shanghai.aliyuncs.com/?encryption", "oss-cn-shanghai.aliyuncs.com"),
        (302, "http://login.example.com:8080/sign-in?x=https://other", "login.example.com:8080"),
        (307, "https://user:pw@evil.example.com/x", "evil.example.com"),
        (308, "https://[::1]:9000", "[::1]:9000"),
    ] {
        let response = answer(status, &[("Location", location)], "");
        let error = refused(&response);
        assert_eq!(error.service().unwrap().endpoint(), Some(endpoint), "{location}");
        assert!(error.is_wrong_endpoint(), "{location}");
        assert!(error.to_string().contains(endpoint), "{error}");
        assert!(matches!(oss::BucketEncryption::from_response(&response), Err(Error::Service(_))));
    }
    for location in ["/relative", "", "https://", "https:///x"] {
        let error = refused(&answer(301, &[("location", location)], ""));
        assert_eq!(error.service().unwrap().endpoint(), None, "{location:?}");
        assert!(error.is_wrong_endpoint(), "{location:?}");
    }
}

#[test]
fn the_endpoint_element_comes_before_location_and_location_counts_in_redirects_only() {
    let body = "<Error><Code>AccessDenied</Code><Endpoint>oss-cn-shanghai.aliyuncs.com</Endpoint></Error>";
    let error = refused(&answer(307, &[("Location", "https://other.example.com/")], body));
    assert_eq!(error.service().unwrap().endpoint(), Some("oss-cn-shanghai.aliyuncs.com"));
    let error = refused(&answer(403, &[], body));
    assert_eq!(error.service().unwrap().endpoint(), Some("oss-cn-shanghai.aliyuncs.com"));
    assert!(error.is_wrong_endpoint() && !error.is_denied());
    let error = refused(&answer(403, &[("Location", "https://other.example.com/")], &xml("AccessDenied", "no")));
    assert_eq!(error.service().unwrap().endpoint(), None);
    assert!(error.is_denied());
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    Denied,
    NotFound,
    Expired,
    Throttled,
    WrongEndpoint,
    Nothing,
}

/// Exactly one predicate holds, or none.
#[track_caller]
fn assert_is(response: &Response, expected: Is) {
    let error = refused(response);
    let found: Vec<Is> = [
        (error.is_denied(), Is::Denied),
        (error.is_not_found(), Is::NotFound),
        (error.is_expired(), Is::Expired),
        (error.is_throttled(), Is::Throttled),
        (error.is_wrong_endpoint(), Is::WrongEndpoint),
    ]
    .into_iter()
    .filter_map(|(holds, is)| holds.then_some(is))
    .collect();
    let expected: &[Is] = if expected == Is::Nothing { &[] } else { &[expected] };
    assert_eq!(found, expected, "{error}");
    assert!(!error.is_timeout() && error.attempts() == 0);
}

#[test]
fn codes_of_oss_and_obs_tell_what_an_error_is() {
    for (status, code, message, is) in [
        (403, "AccessDenied", "You have no right to access this object.", Is::Denied),
        (403, "AccessForbidden", "", Is::Denied),
        (401, "Unauthorized", "", Is::Denied),
        (403, "AccessDenied", "No privilege to this kms operation.", Is::Denied),
        (403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.", Is::Nothing),
        (403, "SignatureDoesNotMatch", "", Is::Nothing),
        (403, "RequestTimeTooSkewed", "", Is::Nothing),
        (403, "InvalidSecurityToken", "", Is::Nothing),
        (403, "SecurityTokenNotSupported", "", Is::Nothing),
        (403, "SecurityTokenExpired", "The security token you provided has expired.", Is::Expired),
        (400, "ExpiredToken", "", Is::Expired),
        (403, "InvalidAccessKeyId", "The Access Key Id you provided is expired.", Is::Expired),
        (404, "NoSuchBucket", "", Is::NotFound),
        // The vendor's page has this status.
        (400, "NoSuchBucket", "", Is::NotFound),
        (404, "", "", Is::NotFound),
        (400, "NoSuchServerSideEncryptionRule", "", Is::Nothing),
        (404, "NoSuchServerSideEncryptionRule", "", Is::Nothing),
        (404, "NoSuchEncryptionConfiguration", "", Is::Nothing),
        (429, "TooManyRequests", "", Is::Throttled),
        (503, "SlowDown", "", Is::Throttled),
        (503, "MetaOperationQpsLimitExceeded", "", Is::Throttled),
        (503, "QpsLimitExceeded", "", Is::Throttled),
        (503, "TotalQpsLimitExceeded", "", Is::Throttled),
        (503, "ActiveRequestLimitExceeded", "", Is::Throttled),
        (429, "", "", Is::Throttled),
        (503, "ServiceUnavailable", "", Is::Nothing),
        (500, "InternalError", "", Is::Nothing),
        (403, "VirtualHostDomainRequired", "", Is::WrongEndpoint),
        (403, "SecondLevelDomainForbidden", "", Is::WrongEndpoint),
        (403, "PublicEndpointForbidden", "", Is::WrongEndpoint),
        (301, "PermanentRedirect", "", Is::WrongEndpoint),
        (307, "TemporaryRedirect", "", Is::WrongEndpoint),
        (400, "InvalidArgument", "", Is::Nothing),
        (400, "InvalidEncryptionAlgorithmError", "", Is::Nothing),
        (400, "MalformedXML", "", Is::Nothing),
        (400, "InvalidDigest", "", Is::Nothing),
        (405, "MethodNotAllowed", "", Is::Nothing),
        (409, "OperationAborted", "", Is::Nothing),
    ] {
        assert_is(&answer(status, &[XML], &xml(code, message)), is);
    }
}

/// OSS Tables has one code a status, so the EC and the message tell.
#[test]
fn header_ec_and_message_of_oss_tables_tell_what_an_error_is() {
    for (status, kind, ec, message, is) in [
        (403, "ForbiddenException", "0003-00000801", "You do not have the required permissions.", Is::Denied),
        (403, "ForbiddenException", "", "Forbidden", Is::Denied),
        (403, "", "", "Forbidden", Is::Denied),
        (
            403,
            "ForbiddenException",
            "0002-00000040",
            "The request signature we calculated does not match.",
            Is::Nothing,
        ),
        (403, "ForbiddenException", "0002-00000902", "", Is::Nothing),
        (
            403,
            "ForbiddenException",
            "",
            "The OSS Access Key Id you provided does not exist in our records.",
            Is::Nothing,
        ),
        (403, "ForbiddenException", "0002-00000504", "", Is::Nothing),
        (403, "", "", "The difference between the request time and the current time is too large.", Is::Nothing),
        (403, "ForbiddenException", "0002-00000007", "", Is::Expired),
        (403, "ForbiddenException", "", "The security token you provided has expired.", Is::Expired),
        (404, "NotFoundException", "0015-00000101", "The specified table bucket does not exist.", Is::NotFound),
        (404, "NotFoundException", "", "The specified namespace does not exist.", Is::NotFound),
        (404, "", "", "The specified table does not exist.", Is::NotFound),
        (429, "TooManyRequestsException", "", "", Is::Throttled),
        (400, "TooManyRequestsException", "", "", Is::Throttled),
        (400, "BadRequestException", "", "TableBucketArn from uri and from host not match.", Is::WrongEndpoint),
        (400, "BadRequestException", "0016-00000502", "Missing Some Required Arguments.", Is::Nothing),
        (405, "", "", "The specified method is not allowed against this resource.", Is::Nothing),
        (409, "ConflictException", "0015-00000104", "", Is::Nothing),
        (500, "InternalServerErrorException", "", "", Is::Nothing),
    ] {
        let headers = [("x-oss-error-type", kind), ("x-oss-ec", ec)];
        assert_is(&answer(status, &headers, &format!(r#"{{"message":"{message}"}}"#)), is);
    }
}

#[test]
fn the_codes_for_nothing_configured_are_none_on_a_get_whatever_the_status() {
    for code in ["NoSuchServerSideEncryptionRule", "NoSuchEncryptionConfiguration"] {
        for status in [200, 400, 403, 404, 500] {
            assert_none(&answer(status, &[XML], &xml(code, "nothing")));
            assert_none(&answer(status, &[], &format!(r#"{{"Error":{{"Code":"{code}"}}}}"#)));
        }
        assert_none(&answer(404, &[("x-obs-error-code", code)], ""));
        assert_none(&answer(404, &[("x-oss-error-type", code)], r#"{"message":"nothing"}"#));
        // On a put or delete they stay an error.
        assert_eq!(refused(&answer(404, &[], &xml(code, ""))).code(), Some(code));
    }
    // base64 of <Error><Code>NoSuchServerSideEncryptionRule</Code></Error>
    let document = "PEVycm9yPjxDb2RlPk5vU3VjaFNlcnZlclNpZGVFbmNyeXB0aW9uUnVsZTwvQ29kZT48L0Vycm9yPg==";
    assert_none(&answer(404, &[("x-oss-err", document)], ""));
}

#[test]
fn nothing_but_the_code_of_a_well_formed_document_means_nothing_configured() {
    for body in [
        "<Error><Code>NoSuchServerSideEncryptionRule</Code>",
        "<Error><Message>NoSuchServerSideEncryptionRule</Message></Error>",
        "<Error><Code>nosuchserversideencryptionrule</Code></Error>",
        "<Error><Code>NoSuchServerSideEncryptionRules</Code></Error>",
        "<Error><Other><Code>NoSuchServerSideEncryptionRule</Code></Other></Error>",
        "<Other><Code>NoSuchServerSideEncryptionRule</Code></Other>",
        "<!DOCTYPE Error><Error><Code>NoSuchServerSideEncryptionRule</Code></Error>",
        "NoSuchServerSideEncryptionRule",
        "",
        "{}",
        "<ServerSideEncryptionRule/>",
        r#"{"encryptionConfiguration":null}"#,
    ] {
        for outcome in reads(&answer(404, &[], body)) {
            assert!(matches!(outcome, Err(Error::Service(_))), "{body:?} gives {outcome:?}");
        }
    }
}

#[test]
fn a_success_without_a_body_is_decode_on_a_get_and_success_on_a_put() {
    for (status, body) in
        [(200, ""), (201, ""), (202, ""), (204, ""), (204, "<ServerSideEncryptionRule/>"), (204, "{}"), (299, "")]
    {
        let response = answer(status, &[], body);
        assert_decode(&response);
        assert!(response.check().is_ok(), "{status}");
    }
    for body in ["anything", "<Error/>", "\0"] {
        assert!(answer(200, &[], body).check().is_ok());
    }
}

#[test]
fn an_error_document_with_a_success_status_is_decode() {
    for body in [
        xml("AccessDenied", "no"),
        xml("NoSuchBucket", "no"),
        "<Error/>".to_owned(),
        r#"{"Error":{"Code":"AccessDenied"}}"#.to_owned(),
        r#"{"message":"no"}"#.to_owned(),
        "<html>Sign in</html>".to_owned(),
    ] {
        assert_decode(&answer(200, &[], &body));
    }
}

#[test]
fn a_setting_is_read_with_any_success_status_but_204() {
    for status in [200, 201, 203, 206, 299] {
        let response = answer(status, &[], &oss::BucketEncryption::kms().to_xml());
        let read = oss::BucketEncryption::from_response(&response).unwrap();
        assert_eq!(read, Some(oss::BucketEncryption::kms()), "{status}");
    }
    for status in [199, 300, 304, 400, 500] {
        let response = answer(status, &[], &oss::BucketEncryption::kms().to_xml());
        assert!(matches!(oss::BucketEncryption::from_response(&response), Err(Error::Service(_))), "{status}");
    }
}

#[test]
fn a_decode_error_shows_the_beginning_of_the_body_on_one_line() {
    let body = format!("<html>\r\n\t<b>{}", "密".repeat(1000));
    let response = answer(200, &[], &body);
    let Err(Error::Decode(error)) = oss::BucketEncryption::from_response(&response) else { panic!("{response:?}") };
    assert!(error.snippet().starts_with("<html> <b>密密"), "{}", error.snippet());
    assert_eq!(error.snippet().chars().count(), 256);
    assert!(!error.problem().is_empty());
    assert!(!error.to_string().contains('\n'));
}

/// A body of many attributes: the parser takes quadratic time, which is why answers are limited.
#[test]
fn a_body_of_attributes_is_refused() {
    let mut body = String::from("<ServerSideEncryptionRule");
    for number in 0.. {
        let attribute = format!(" a{number}=''");
        if body.len() + attribute.len() + "/>".len() > KIB_64 {
            break;
        }
        body.push_str(&attribute);
    }
    body.push_str("/>");
    // Reading them would take time with the square of their number.
    assert!(matches!(oss::BucketEncryption::from_response(&answer(200, &[], &body)), Err(Error::Decode(_))));
}

#[test]
fn an_error_that_names_two_codes_is_no_clear_sign() {
    let body = |second: &str| {
        format!("<Error><Code>NoSuchServerSideEncryptionRule</Code><Message>m</Message><Code>{second}</Code></Error>")
    };
    let read = |second: &str| {
        let response = Response::new(404, [], body(second).into_bytes());
        oss::BucketEncryption::from_response(&response).map(|setting| setting.map(oss::BucketEncryption::into_owned))
    };
    assert!(matches!(read("AccessDenied"), Err(Error::Service(_))), "{:?}", read("AccessDenied"));
    assert!(matches!(read("NoSuchServerSideEncryptionRule"), Ok(None)));
}

#[test]
fn a_put_refuses_what_would_read_as_no_setting() {
    let endpoint = bucket_encryption::Endpoint::oss("cn-hangzhou").unwrap();
    for word in ["None", "none", " ", ""] {
        let error =
            oss::put_bucket_encryption_request(&endpoint, "bucket", &oss::BucketEncryption::new(word)).unwrap_err();
        assert!(matches!(error, Error::Input(_)) && error.to_string().contains("sse_algorithm"), "{word:?}: {error}");
    }
}
