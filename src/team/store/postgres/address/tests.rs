//! Addresses, right and wrong.

use tokio_postgres::config::{Host as ConfigHost, SslMode as Tls, SslNegotiation};

use super::*;

fn address(text: &str) -> PostgresAddress {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    match text.parse::<PostgresAddress>() {
        Ok(address) => panic!("{text} is {address}"),
        Err(error) => error.to_string(),
    }
}

fn first(text: &str) -> Config {
    address(text).configs().next().unwrap()
}

#[test]
fn hosts_and_database_are_those_of_libpq() {
    for (text, expected) in [
        ("postgres://u:p@db.example/team", "db.example:5432/team"),
        ("  postgresql://u:p@db.example:6432/team\n", "db.example:6432/team"),
        ("postgres://u@a:1,b,c:3/team", "a:1,b:5432,c:3/team"),
        ("postgres://u@[::1]:5433/team", "[::1]:5433/team"),
        ("postgres://u@[::1],b/team", "[::1]:5432,b:5432/team"),
        ("postgres://db/team?user=u&password=p", "db:5432/team"),
        (
            "postgres:///team?host=/var/run/postgresql&user=u",
            "/var/run/postgresql:5432/team",
        ),
        ("postgres://u@%2Fvar%2Frun:5433/team", "/var/run:5433/team"),
        ("postgres://u@:5433/team?host=/run/pg", "/run/pg:5433/team"),
        ("postgres://u@ignored:1/team?host=a,b&port=2", "a:2,b:2/team"),
        ("postgres://u@/team?host=a,b&port=2,3", "a:2,b:3/team"),
        ("postgres://u@a,b/team?port=7", "a:7,b:7/team"),
        (
            "postgres://u@/team?hostaddr=192.0.2.1,::1&port=7",
            "192.0.2.1:7,[::1]:7/team",
        ),
        ("postgres://u@db/team?hostaddr=192.0.2.1", "db:5432/team"),
        ("postgres://u:p@db/t%C3%A9am", "db:5432/téam"),
        ("postgres://u@db/?dbname=team", "db:5432/team"),
    ] {
        let address = address(text);
        assert_eq!(address.to_string(), format!("PostgreSQL at {expected}"), "{text}");
        assert_eq!(address.configs().count(), address.hosts.len(), "{text}");
    }
}

#[test]
fn a_password_is_decoded_and_never_shown() {
    for (text, password) in [
        ("postgres://u:c%40nary%2F%3A%3F@db/team", "c@nary/:?"),
        ("postgres://u:canary:1@db/team", "canary:1"),
        ("postgres://u:canary?1=2&3@db/team", "canary?1=2&3"),
        ("postgres://u@db/team?password=c%26nary", "c&nary"),
    ] {
        assert_eq!(first(text).get_password(), Some(password.as_bytes()), "{text}");
        let shown = format!("{0} {0:?}", address(text));
        assert!(!shown.contains("nary"), "{shown}");
    }
}

#[test]
fn every_option_reaches_the_connection() {
    let config = first(
        "postgres://u:p@db/team?application_name=my%20server&connect_timeout=7&keepalives_idle=8&keepalives_interval=9\
         &keepalives_count=10&tcp_user_timeout=1500&target_session_attrs=any&channel_binding=require\
         &options=-c%20search_path%3Dx&sslmode=require&sslnegotiation=direct",
    );
    assert_eq!(config.get_application_name(), Some("my server"));
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(7)));
    assert_eq!(config.get_keepalives_idle(), Duration::from_secs(8));
    assert_eq!(config.get_keepalives_interval(), Some(Duration::from_secs(9)));
    assert_eq!(config.get_keepalives_retries(), Some(10));
    assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_millis(1500)));
    assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::Any);
    assert_eq!(config.get_options(), Some("-c search_path=x"));
    assert_eq!(config.get_ssl_negotiation(), SslNegotiation::Direct);
    assert_eq!(config.get_ssl_mode(), Tls::Require);
    assert_eq!(config.get_hosts(), [ConfigHost::Tcp("db".to_owned())]);
}

#[test]
fn without_options_a_dead_server_is_noticed_within_seconds_and_a_standby_is_refused() {
    let config = first("postgres://u:p@db/team");
    assert_eq!(config.get_application_name(), Some("bitrix24-mail-mcp"));
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(2)));
    assert!(config.get_keepalives());
    assert_eq!(config.get_keepalives_idle(), Duration::from_secs(10));
    assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(5)));
    assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    assert_eq!(config.get_options(), None, "PgBouncer would refuse them");
}

#[test]
fn tls_is_as_strong_as_the_address_asks() {
    for (text, expected) in [
        ("postgres://u@db/team", Tls::Prefer),
        ("postgres://u@db/team?sslmode=allow", Tls::Prefer),
        ("postgres://u@db/team?sslmode=disable", Tls::Disable),
        ("postgres://u@db/team?sslmode=require", Tls::Require),
        (
            "postgres://u@db/team?sslmode=verify-ca&sslrootcert=/ca.pem",
            Tls::Require,
        ),
        (
            "postgres://u@db/team?sslmode=verify-full&sslrootcert=system",
            Tls::Require,
        ),
        ("postgres://u@/team?host=/run/pg&sslmode=require", Tls::Disable),
        (
            "postgres://u@/team?host=/run/pg&hostaddr=192.0.2.1&sslmode=verify-full&sslrootcert=system",
            Tls::Require,
        ),
    ] {
        assert_eq!(first(text).get_ssl_mode(), expected, "{text}");
    }
}

#[test]
fn the_certificate_is_for_the_name_or_else_for_the_address() {
    for (text, expected) in [
        ("postgres://u@db/team?hostaddr=192.0.2.1", "db"),
        ("postgres://u@/team?hostaddr=192.0.2.1", "192.0.2.1"),
        ("postgres://u@/team?hostaddr=::1", "::1"),
        ("postgres://u@/team?host=/run/pg&hostaddr=192.0.2.1", "192.0.2.1"),
    ] {
        let config = first(text);
        assert_eq!(config.get_hosts(), [ConfigHost::Tcp(expected.to_owned())], "{text}");
        assert_eq!(config.get_hostaddrs().len(), 1, "{text}");
    }
}

#[test]
fn a_wrong_address_gets_an_error_that_says_what_is_wrong_without_its_values() {
    for (text, expected) in [
        ("", "is no address of a PostgreSQL server"),
        ("/var/lib/team.sqlite3", "is no address of a PostgreSQL server"),
        ("mysql://u:canary@db/team", "is no address of a PostgreSQL server"),
        ("host=db password=canary", "is no address of a PostgreSQL server"),
        ("postgres://", "names no host"),
        ("postgres:///team", "names no host"),
        ("postgres://u:canary@/team", "names no host"),
        ("postgres://u:canary@db", "names no database"),
        ("postgres://u:canary@db:5432/", "names no database"),
        ("postgres://u:canary@db/?sslmode=require", "names no database"),
        ("postgres://u:canary@db?dbname=", "names no database"),
        ("postgres://u:canary@db:port/team", "has a wrong port"),
        ("postgres://u:canary@db:0/team", "has a wrong port"),
        ("postgres://u:canary@db:99999/team", "has a wrong port"),
        // A password with a raw character.
        ("postgres://u:can/ary@db/team", "has an @ behind its host"),
        ("postgres://u:can@ary@db/team", "has an @ behind its host"),
        ("postgres://u:/canary@db:5432/team", "has an @ behind its host"),
        ("postgres://u:12/canary@db:5432/team", "has an @ behind its host"),
        ("postgres://u:1@b/canary@db:5432/team", "has an @ behind its host"),
        ("postgres://u:?canary=/1@db:5432/team", "has an @ behind its host"),
        ("postgres://u:1@b?canary=1@db:5432/team", "has an @ behind its host"),
        ("postgres://u:?dbname=/canary@db:5432/team", "has an @ behind its host"),
        ("postgres://u:#/canary@db:5432/team", "has an @ behind its host"),
        ("postgres://u@db/team?password=1&canary=2", "has a wrong part"),
        ("postgres://u:canary@a,,b/team", "has a wrong host"),
        ("postgres://u:canary@[::1/team", "has a wrong host"),
        ("postgres://u:canary@[::1]5432/team", "has a wrong host"),
        ("postgres://u:canary@db/team?canary", "has an option without a value"),
        (
            "postgres://u:canary@db/team?pgbouncer=canary",
            "has the unknown option pgbouncer",
        ),
        ("postgres://u:canary@db/team?Canary=1", "has a wrong part"),
        (
            "postgres://u:canary@db/team?connect_timeout=canary",
            "has a wrong value of the option connect_timeout",
        ),
        (
            "postgres://u:canary@db/team?tcp_user_timeout=canary",
            "has a wrong value of the option tcp_user_timeout",
        ),
        (
            "postgres://u:canary@db/team?port=canary",
            "has a wrong value of the option port",
        ),
        (
            "postgres://u:canary@db/team?hostaddr=canary",
            "has a wrong value of the option hostaddr",
        ),
        (
            "postgres://u:canary@a,b/team?port=1,2,3",
            "has another number of ports than of hosts",
        ),
        (
            "postgres://u:canary@a,b/team?hostaddr=::1",
            "has another number of values in hostaddr than in host",
        ),
        ("postgres://u:canary@db/team?sslmode=canary", "has a wrong sslmode"),
        (
            "postgres://u:canary@db/team?sslmode=require&sslrootcert=system",
            "has sslrootcert=system",
        ),
        (
            "postgres://u:canary@db/team?sslcert=/canary",
            "has one of sslcert and sslkey",
        ),
        (
            "postgres://u:canary@db/team?sslnegotiation=direct",
            "has sslnegotiation=direct",
        ),
        (
            "postgres://u:canary@db/team?target_session_attrs=standby",
            "has a wrong target_session_attrs",
        ),
        ("postgres://u:canary@db/%ff", "is not UTF-8"),
        ("postgres://u:canary@db/a%00b", "has a zero byte"),
    ] {
        let error = error(text);
        assert!(error.starts_with(expected), "{text}: {error}");
        assert!(
            !error.to_lowercase().contains("canary") && !error.contains("ary@"),
            "{error}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_address_makes_it_panic(rest in "\\PC{0,60}") {
        let _ = format!("postgres://{rest}").parse::<PostgresAddress>();
        let _ = format!("postgres://u:p@db/team?{rest}").parse::<PostgresAddress>();
    }
}
