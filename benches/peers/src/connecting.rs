//! A first call: a new connection with TLS, to a host that was never spoken to, as every bucket of a virtual-hosted
//! service is.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bucket_encryption::ureq::tls::{Certificate, RootCerts, TlsConfig};
use bucket_encryption::ureq::{Agent, Proxy};
use bucket_encryption::{Credentials, Endpoint, oss};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::server::{OSS_BODY, Server};
use crate::support::stopwatch::Comparison;

pub fn run() {
    let certified = rcgen::generate_simple_self_signed(vec!["*.oss.localhost".to_owned()]).expect("a certificate");
    let certificate = certified.cert.der().clone();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .expect("a configuration");
    let config = Arc::new(config);
    let wrap = move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).map_err(std::io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)) as Box<dyn crate::support::server::Stream>)
    };
    let server = Server::start_with(OSS_BODY, Duration::ZERO, Arc::new(wrap));

    // Every host is reached through the server as a proxy: no name of this many hosts could be looked up.
    let agent = || -> Agent {
        let roots = RootCerts::new_with_certs(&[Certificate::from_der(&certificate).to_owned()]);
        Agent::config_builder()
            .proxy(Some(Proxy::new(&format!("http://{}", server.address)).expect("a proxy")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_global(Some(Duration::from_secs(60)))
            .max_idle_connections(1)
            .build()
            .into()
    };
    let credentials = Credentials::new("LTAI5tExampleExample", "yourAccessKeySecretOf30Letters").expect("credentials");
    let plain =
        Endpoint::oss("cn-hangzhou").and_then(|oss| oss.with_url("https://oss.localhost")).expect("an endpoint");
    let endpoint = plain.clone().with_agent(agent());
    let raw_agent = agent();
    let count = Cell::new(0);
    let bucket = || {
        count.set(count.get() + 1);
        format!("bucket-{}", count.get())
    };
    let times = Comparison::new("A first call: connection, TLS, a host of its own")
        .with("ureq, same headers, same limit", || {
            let request = oss::get_bucket_encryption_request(&plain, &bucket()).expect("a request");
            let signed = request.sign(&credentials, SystemTime::now()).expect("signed");
            let call =
                signed.headers().fold(raw_agent.get(signed.url()), |call, (name, value)| call.header(name, value));
            call.call().expect("an answer").body_mut().read_to_string().expect("a body")
        })
        .with("ours", || oss::get_bucket_encryption(&credentials, &endpoint, &bucket()).expect("a setting"))
        .run();
    times.goal("ours", "ureq, same headers, same limit", 1.03);
}
