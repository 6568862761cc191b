use super::*;

#[track_caller]
fn near(found: f64, expect: f64) {
    assert!((found - expect).abs() <= 1e-9 * expect.abs().max(1e-3), "{found} {expect}");
}

#[test]
fn erlang_c_is_that_of_the_tables() {
    // Two servers: C = 2 rho^2 / (1 + rho). One: C = rho.
    near(erlang_c(1.6, 2), 2.0 * 0.64 / 1.8);
    near(erlang_c(0.3, 1), 0.3);
    // The usual example of call centres: 10 erlangs and 11 to 14 agents.
    for (servers, expect) in [(11, 0.682), (12, 0.449), (13, 0.285), (14, 0.174)] {
        assert!((erlang_c(10.0, servers) - expect).abs() < 5e-4, "{}", erlang_c(10.0, servers));
    }
}

#[test]
fn many_servers_have_the_means_of_their_states() {
    // Birth and death: p(n) = p(n - 1) a / min(n, k), summed up until nothing is left.
    for (servers, load) in [(1, 0.5), (2, 0.8), (4, 0.9), (8, 0.3)] {
        let (mean_s, offered) = (0.01, load * f64::from(servers));
        let found = many_servers(offered / mean_s, mean_s, servers);
        let (mut p, mut all, mut in_system, mut busy) = (1.0, 0.0, 0.0, 0.0);
        for n in 0..2_000u32 {
            all += p;
            in_system += p * f64::from(n);
            busy += if n >= servers { p } else { 0.0 };
            p *= offered / f64::from((n + 1).min(servers));
        }
        near(found.in_system, in_system / all);
        near(found.wait_share, busy / all);
        near(found.response_s, in_system / all / (offered / mean_s));
        near(found.response_s, found.queue_s + mean_s);
    }
}

#[test]
fn one_server_is_pollaczek_and_khinchine() {
    // M/M/1: 1 / (mu - lambda). M/D/1 waits half as long as M/M/1.
    let exponential = single_server(80.0, Service::exponential(0.01));
    near(exponential.response_s, 0.05);
    near(exponential.in_system, 4.0);
    near(exponential.queue_s, many_servers(80.0, 0.01, 1).queue_s);
    near(single_server(80.0, Service::fixed(0.01)).queue_s, 0.02);
    // Kleinrock's M/H2/1: half of the mean needed half of the time, one and a half otherwise.
    let service = Service::of_tokens(Lengths::mixture(&[1, 3], &[2.0, 2.0]), 0.005);
    near(service.mean_s, 0.01);
    near(single_server(50.0, service).queue_s, 50.0 * 12.5e-5 / (2.0 * 0.5));
}

#[test]
fn moments_of_lengths_are_those_of_their_laws() {
    let mixture = Lengths::mixture(&[5, 50], &[8.0, 1.0]);
    near(mixture.mean, 10.0);
    near(mixture.second, 300.0);
    let sum = |moment: i32| -> f64 {
        (1..5_000)
            .map(|n| {
                libm::pow(f64::from(n), f64::from(moment)) * 0.1 * libm::pow(0.9, f64::from(n - 1))
            })
            .sum()
    };
    near(Lengths::geometric(0.1).mean, sum(1));
    near(Lengths::geometric(0.1).second, sum(2));
    let erlang = Service::erlang(4, 0.002_5);
    near(erlang.mean_s, 0.01);
    near(erlang.variation, 0.25);
}

/// Rounding hardly moves the moments of long lengths, and clipping is the sum over what is drawn.
#[test]
fn rounded_lognormal_lengths_are_near_the_continuous_ones() {
    let (mu, sigma) = (5.0, 0.5);
    let found = Lengths::lognormal(mu, sigma, 100_000);
    let mean = libm::exp(mu + sigma * sigma / 2.0);
    let second = libm::exp(2.0 * mu + 2.0 * sigma * sigma);
    assert!((found.mean / mean - 1.0).abs() < 1e-9, "{} {mean}", found.mean);
    // A number rounded to a whole one has a variance larger by 1/12.
    assert!((found.second - second - 1.0 / 12.0).abs() < 1e-4, "{} {second}", found.second);
    // Everything is cut to 1 or to the median: 1 with probability 1/2 + P(1.5 < X).
    let cut = Lengths::lognormal(0.0, 1.0, 2);
    let p2 = 0.5 * libm::erfc(libm::log(1.5) / std::f64::consts::SQRT_2);
    near(cut.mean, 1.0 + p2);
    near(cut.second, 1.0 + 3.0 * p2);
}

#[test]
fn queues_forget_more_slowly_the_busier_they_are() {
    // M/M/1 at 0.81: 1 / (1 - 0.9)^2 = 100 service times, and one more.
    near(relaxation_s(0.81, Service::exponential(0.01), 1), 1.01);
    assert!(
        relaxation_s(0.9, Service::fixed(0.01), 1)
            < relaxation_s(0.9, Service::exponential(0.01), 1)
    );
}
