//! What clients do: each has one product, which it sees through a life that chance has chosen. A client repeats a request
//! with its key until it has an answer, and does not ask for the next thing before.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tola_catalog::{MerchantId, Timestamp};
use tola_checker::Write;
use tola_media::upload_key;

use crate::environment::Asked;

/// The channels that every merchant has.
pub(crate) const CHANNELS: [&str; 2] = ["north", "south"];

/// What a category asks for, if anything.
const MATERIAL: &str = "material";

/// Somebody with one product.
pub(crate) struct Client {
    pub(crate) merchant_id: MerchantId,
    /// The product's id, once it is registered.
    pub(crate) product: Option<String>,
    /// What was acknowledged.
    pub(crate) acknowledged: Vec<Write>,
    /// The category that its product is in, and no other.
    pub(crate) category: String,
    name: String,
    wishes: VecDeque<Wish>,
    /// How many requests were answered.
    answered: usize,
    /// The image whose file it is about to upload.
    promised: Option<String>,
    /// When it asks, unless it waits for an answer.
    asks_from: Option<Timestamp>,
    dice: Rng,
}

/// What a client wants next.
#[derive(Debug, Clone, PartialEq)]
enum Wish {
    Photo,
    Register(Value),
    Edit(Value),
    Count(Value),
    Publish(Vec<String>),
    Unpublish(Vec<String>),
    Deactivate,
    Reactivate,
    Delete,
    Reconcile(&'static str),
    /// Whether its product's category asks for a material.
    Ask(bool),
}

impl Client {
    /// A client of a merchant who has these images.
    pub(crate) fn new(name: &str, merchant_id: MerchantId, images: &[String], now: Timestamp, mut dice: Rng) -> Self {
        let category = name.to_lowercase().replace(' ', "-");
        let wishes = life(name, &category, images, &mut dice);
        Self {
            merchant_id,
            category,
            product: None,
            acknowledged: Vec::new(),
            name: name.to_owned(),
            wishes,
            answered: 0,
            promised: None,
            asks_from: Some(now),
            dice,
        }
    }

    /// From when on it asks for something; nothing if it does not.
    pub(crate) fn acts_from(&self) -> Option<Timestamp> {
        self.asks_from.filter(|_| !self.wishes.is_empty())
    }

    /// The key of the file that it uploads, once.
    pub(crate) fn uploads(&mut self) -> Option<String> {
        let image = self.promised.take()?;
        Some(upload_key(&self.merchant_id.to_string(), &image))
    }

    /// The request that it makes, the same one until it is answered.
    pub(crate) fn asks(&mut self) -> Option<Asked> {
        self.asks_from = None;
        let wish = self.wishes.front()?;
        let product = format!("/v1/products/{}", self.product.as_deref().unwrap_or_default());
        let (method, path, body) = match wish {
            Wish::Photo => ("POST", "/v1/images".to_owned(), json!({ "content_type": "image/jpeg" })),
            Wish::Register(body) => ("POST", "/v1/products".to_owned(), body.clone()),
            Wish::Edit(body) => ("PATCH", product, body.clone()),
            Wish::Count(body) => ("PATCH", format!("{product}/inventory"), body.clone()),
            Wish::Publish(channels) => ("POST", format!("{product}/publish"), json!({ "channels": channels })),
            Wish::Unpublish(channels) => ("POST", format!("{product}/unpublish"), json!({ "channels": channels })),
            Wish::Deactivate => ("POST", format!("{product}/deactivate"), json!({})),
            Wish::Reactivate => ("POST", format!("{product}/reactivate"), json!({})),
            Wish::Delete => ("DELETE", product, Value::Null),
            Wish::Reconcile(channel) => ("POST", format!("/v1/channels/{channel}/reconcile"), json!({})),
            Wish::Ask(asks) => {
                let asked = json!({ MATERIAL: { "type": "text", "required": true } });
                let attributes = if *asks { asked } else { json!({}) };
                ("PUT", format!("/v1/categories/{}/schema", self.category), json!({ "attributes": attributes }))
            }
        };
        let is_keyed = method == "POST" || matches!(wish, Wish::Count(_));
        let key = is_keyed.then(|| format!("{}-{}", self.name, self.answered));
        Some(Asked { merchant_id: self.merchant_id, method, path, body, key })
    }

    /// It hears an answer, or that there will be none.
    pub(crate) fn hears(&mut self, answer: Option<(u16, Value)>, now: Timestamp) {
        let later = now.after(Duration::from_secs(self.dice.u64(1..40)));
        let Some((status, answer)) = answer else {
            self.asks_from = Some(later);
            return;
        };
        let is_under_way = status == 409 && answer["error"]["code"] == "IDEMPOTENCY_KEY_IN_FLIGHT";
        if status >= 500 || is_under_way {
            self.asks_from = Some(later);
            return;
        }
        let Some(wish) = self.wishes.pop_front() else { return };
        self.answered += 1;
        // Sometimes at once, sometimes when what was begun is likely to be over.
        self.asks_from = Some(if self.dice.bool() { now } else { later });
        // What is asked of a product may come at the wrong time; anything else would be a mistake of the client's.
        let may_be_refused = !matches!(wish, Wish::Photo | Wish::Register(_) | Wish::Edit(_) | Wish::Delete);
        assert!(status < 300 || (status == 409 && may_be_refused), "{wish:?} was answered {status}: {answer}");
        if status < 300 {
            let made = if wish == Wish::Photo { &answer["image"]["id"] } else { &answer["id"] };
            match (&wish, made.as_str()) {
                (Wish::Register(_), Some(id)) => self.product = Some(id.to_owned()),
                (Wish::Photo, Some(id)) => {
                    self.promised = Some(id.to_owned());
                    if let Some(Wish::Register(body)) = self.wishes.front_mut() {
                        body["images"] = json!([{ "image_id": id }]);
                    }
                }
                _ => {}
            }
            self.acknowledged.extend(acknowledged(wish));
        }
    }
}

fn acknowledged(wish: Wish) -> Option<Write> {
    Some(match wish {
        Wish::Register(body) => Write::Registered(body),
        Wish::Edit(body) => Write::Edited(body),
        Wish::Count(body) => Write::Counted(body),
        Wish::Publish(channels) => Write::Published { channels },
        Wish::Unpublish(channels) => Write::Unpublished { channels },
        Wish::Deactivate => Write::Deactivated,
        Wish::Reactivate => Write::Reactivated,
        Wish::Delete => Write::Deleted,
        Wish::Ask(asks) => Write::Asked { attributes: asks.then(|| MATERIAL.to_owned()).into_iter().collect() },
        Wish::Reconcile(_) | Wish::Photo => return None,
    })
}

/// A product's life, as its merchant wants it.
fn life(name: &str, category: &str, images: &[String], dice: &mut Rng) -> VecDeque<Wish> {
    let mut whole = json!({
        "name": name, "category_id": category, "description": "It shines.", "price": { "amount": 1999, "currency": "USD" },
        "images": images.iter().map(|image| json!({ "image_id": image })).collect::<Vec<_>>(),
    });
    let mut wishes = VecDeque::new();
    if dice.u8(0..16) == 0 {
        wishes.push_back(Wish::Photo);
    }
    if dice.u8(0..4) == 0 {
        let price = whole.as_object_mut().and_then(|body| body.remove("price"));
        wishes.push_back(Wish::Register(whole));
        wishes.push_back(Wish::Edit(json!({ "price": price })));
    } else {
        wishes.push_back(Wish::Register(whole));
    }
    for number in 0..dice.usize(1..5) {
        let some = |dice: &mut Rng| match dice.u8(0..4) {
            0 => CHANNELS.map(str::to_owned).to_vec(),
            1 => vec![CHANNELS[1].to_owned()],
            _ => vec![CHANNELS[0].to_owned()],
        };
        wishes.push_back(match dice.u8(0..25) {
            0..6 => Wish::Publish(some(dice)),
            6..9 => Wish::Edit(json!({ "name": format!("{name} {number}") })),
            9 => Wish::Edit(json!({ "price": { "amount": 100 + number, "currency": "USD" } })),
            10 => Wish::Unpublish(some(dice)),
            11..13 => Wish::Deactivate,
            13 => Wish::Reactivate,
            14 => Wish::Reconcile(CHANNELS[0]),
            15 => Wish::Delete,
            16..19 => Wish::Count(json!({ "set": dice.u8(0..4), "low_stock_threshold": dice.u8(0..3) })),
            19 => Wish::Count(json!({ "adjust": 1, "reason": "RECEIVED" })),
            20..22 => Wish::Count(json!({ "adjust": -1, "reason": "SALE" })),
            22 => Wish::Ask(true),
            23 => Wish::Ask(dice.bool()),
            _ => Wish::Edit(
                json!({ "attributes": { MATERIAL: if dice.bool() { json!("brass") } else { Value::Null } } }),
            ),
        });
        if wishes.back() == Some(&Wish::Delete) {
            return wishes;
        }
    }
    // What is asked for and never given would leave it open what channels have: they keep what they had before.
    if wishes.contains(&Wish::Ask(true)) {
        wishes.push_back(Wish::Ask(false));
    }
    wishes
}
