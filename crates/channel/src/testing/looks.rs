//! The rules of what a channel says: of its listings, and of a connection.

use tola_catalog::listing::{ChannelOutcome, Visibility};
use tola_catalog::{ChannelStatus, ProblemClass};
use tola_contracts::channel::inquiry::{Finding, Question};

use super::{Bench, Fault, Shop};
use crate::Adapter;

/// An edit between two tries of one command reaches the channel or is known not to have: what the workflow is told is what
/// buyers see, or less.
pub async fn what_is_told_is_what_is_shown(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::LosesFirstAnswer).await;
    let command = shop.publish().await;
    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    assert_eq!(shop.shown().await, Some(1));

    shop.edit(Some("It shines more.")).await;
    let outcome = shop.carry_out(&command).await;

    let ChannelOutcome::Listed(standing) = outcome else { panic!("{outcome:?}") };
    assert_eq!(shop.shown().await, Some(standing.revision));
    let next = shop.edit(Some("It shines even more.")).await;
    shop.carry_out(&next).await;
    assert_eq!(shop.shown().await, Some(3));
    assert_eq!(shop.listing().await.observed.published_revision, Some(3));
    let withdrawal = shop.deactivate().await;
    shop.carry_out(&withdrawal).await;
    assert_eq!(shop.shown().await, None);
}

/// A channel that can be asked has under the product's key what it was told; one that can't be asked says so.
pub async fn what_is_offered_is_listed_and_found<B: Bench>(bench: B) {
    let shop = Shop::open(bench, Fault::None).await;
    if !B::Adapter::OBSERVABLE {
        let questions = [Question::Survey { product_ids: vec![shop.product_id()] }, Question::List { cursor: None }];
        for question in questions {
            assert_eq!(shop.inquire(question).await.unwrap(), Finding::Unobservable);
        }
        return;
    }
    let listed = async || {
        let mut all = shop.list().await;
        all.retain(|entry| entry.key == shop.product_id().to_string());
        assert!(all.len() <= 1, "{all:?}");
        all.pop().map(|entry| entry.standing)
    };
    assert_eq!((shop.survey().await, listed().await), (None, None));

    let command = shop.publish().await;
    let offered = shop.carry_out(&command).await;
    let found = shop.survey().await.unwrap();
    assert_eq!(offered, ChannelOutcome::Listed(found.clone()));
    assert!(found.is_offered() && found.revision == 1, "{found:?}");
    assert_eq!(listed().await, Some(found));

    let command = shop.deactivate().await;
    shop.carry_out(&command).await;
    let found = shop.survey().await;
    assert!(found.as_ref().is_none_or(|standing| standing.visibility == Visibility::Hidden), "{found:?}");
    assert_eq!(listed().await, found);

    let command = shop.delete().await;
    shop.carry_out(&command).await;
    assert_eq!((shop.survey().await, listed().await), (None, None));
}

/// Where a channel marks what it shows, the mark tells one content from another, and the same content from nothing else.
pub async fn a_mark_changes_with_what_is_shown<B: Bench>(bench: B) {
    let shop = Shop::open(bench, Fault::None).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    let first = shop.listing().await.observed.mark;
    if B::Adapter::OBSERVABLE {
        for _ in 0..2 {
            assert_eq!(shop.survey().await.unwrap().mark, first);
        }
    }

    let command = shop.edit(Some("It shines more.")).await;
    shop.carry_out(&command).await;

    let second = shop.listing().await.observed.mark;
    assert!(first.is_none() || second != first, "{first:?}, {second:?}");
}

/// Whoever tries a connection, once or twice, finds out whether it answers, and leaves nothing there.
pub async fn a_connection_is_tried_without_an_effect<B: Bench>(bench: B) {
    let shop = Shop::open(bench, Fault::None).await;
    let before = shop.channel().await;

    for _ in 0..2 {
        assert_eq!(shop.connect().await, Finding::Connected);
    }

    assert_eq!(shop.effects().await, []);
    assert_eq!(shop.shown().await, None);
    if B::Adapter::OBSERVABLE {
        assert_eq!(shop.list().await, []);
    }
    assert_eq!(shop.channel().await, before);
}

/// Credentials that the channel refuses are refused when it is connected, and not only when something is published; what
/// is connected under that name stays as it is.
pub async fn refused_credentials_are_said_at_the_connection(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::RefusesCredentials).await;

    let found = shop.connect().await;

    let Finding::Disconnected { problem } = found else { panic!("{found:?}") };
    assert_eq!(problem.class, ProblemClass::Auth, "{problem:?}");
    assert!(!problem.message.is_empty() && !problem.remedy.is_empty(), "{problem:?}");
    assert_eq!(shop.channel().await.status, ChannelStatus::Active);
    assert_eq!(shop.effects().await, []);
}

/// A value that the channel's type does not know is a mistake that the merchant is told of, by its place alone.
pub async fn a_configuration_of_another_form_is_refused(bench: impl Bench) {
    let shop = Shop::open(bench, Fault::None).await;
    let mut config = shop.channel().await.config;
    config.insert("no_such_value".into(), "hunter2".into());

    let found = shop.inquire(Question::Connect { config, secret: None }).await.unwrap();

    let Finding::Misconfigured { faults } = found else { panic!("{found:?}") };
    let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/no_such_value"]);
    assert!(!faults[0].message.contains("hunter2"), "{faults:?}");
}
