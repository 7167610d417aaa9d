//! Redirects are never followed: a signed request goes to nobody whom the caller did not name.

use bucket_encryption::{Error, ServiceError, oss, oss_tables};

use crate::common::{BUCKET, Server, answer, arn, credentials, ok};

#[test]
fn no_redirect_is_followed_and_each_is_shown() {
    let stranger = Server::new(vec![ok()]);
    for status in [300, 301, 302, 303, 304, 305, 306, 307, 308, 399] {
        let location = format!("{}/{BUCKET}/?encryption", stranger.url());
        let server = Server::new(vec![answer(status, &[("Location", &location)], "")]);
        let setting = oss::BucketEncryption::aes256();
        let results = [
            oss::get_bucket_encryption(&credentials(), &server.oss(), BUCKET).map(|_| ()),
            oss::put_bucket_encryption(&credentials(), &server.oss(), BUCKET, &setting),
            oss::delete_bucket_encryption(&credentials(), &server.oss(), BUCKET),
            oss_tables::get_table_bucket_encryption(&credentials(), &server.oss_tables(), &arn()).map(|_| ()),
        ];
        for result in results {
            let error = result.unwrap_err();
            let service = error.service().unwrap_or_else(|| panic!("{status}: {error:?}"));
            assert_eq!(service.status(), status);
            assert_eq!(service.endpoint(), Some(&*format!("127.0.0.1:{}", stranger.port())), "{status}");
            assert!(error.to_string().contains(&location), "{status}: {error}");
            assert!(error.is_wrong_endpoint() && error.attempts() == 1, "{status}: {error:?}");
        }
        assert_eq!(server.requests().len(), 4, "{status}");
    }
    assert_eq!(stranger.connections(), 0);
}

#[test]
fn a_redirect_to_itself_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        for location in ["/", "?encryption", "/examplebucket/?encryption", "//127.0.0.1", ""] {
            let server = Server::new(vec![answer(status, &[("Location", location)], ""), ok()]);
            let error = oss::get_bucket_encryption(&credentials(), &server.oss(), BUCKET).unwrap_err();
            assert_eq!(error.service().map(ServiceError::status), Some(status), "{location:?}");
            assert_eq!((server.requests().len(), server.connections()), (1, 1), "{status} {location:?}");
        }
    }
}

#[test]
fn a_redirect_with_a_body_shows_the_endpoint_that_the_body_names() {
    let body = "<Error><Code>AccessDenied</Code><Message>The bucket must be addressed with the specified endpoint.\
        </Message><Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>";
    let server = Server::new(vec![answer(307, &[("Location", "https://elsewhere.example/")], body)]);
    let error = oss::get_bucket_encryption(&credentials(), &server.oss(), BUCKET).unwrap_err();
    let Error::Service(service) = &error else { panic!("{error:?}") };
    assert_eq!((service.endpoint(), service.region()), (Some("oss-cn-beijing.aliyuncs.com"), Some("cn-beijing")));
    assert!(error.to_string().contains("https://elsewhere.example/"), "{error}");
}

#[test]
fn the_agent_of_a_caller_who_follows_redirects_follows_none() {
    use bucket_encryption::ureq::{Agent, config::RedirectAuthHeaders};
    let stranger = Server::new(vec![ok()]);
    let agent = Agent::config_builder()
        .proxy(None)
        .max_redirects(10)
        .max_redirects_will_error(true)
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .save_redirect_history(true)
        .build()
        .new_agent();
    for status in [301, 302, 303, 307, 308] {
        let server = Server::new(vec![answer(status, &[("Location", &stranger.url())], "")]);
        let endpoint = server.oss().with_agent(agent.clone());
        let error = oss::get_bucket_encryption(&credentials(), &endpoint, BUCKET).unwrap_err();
        assert_eq!(error.service().map(ServiceError::status), Some(status), "{error:?}");
    }
    assert_eq!(stranger.connections(), 0);
}
