//! Photos as cameras and designers make them.

use image::{DynamicImage, GenericImageView, Rgb, RgbImage};
use tola_media::testing::{jpeg, photo_png_with_alpha, with_exif_orientation};
use tola_testkit::{READY, TestStack, a_file, a_photo, a_product};

#[tokio::test]
async fn a_photo_that_a_phone_took_upright_stays_upright() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    // Red on the left of what the sensor saw. Turned as the phone says, a quarter clockwise, red is at the top.
    let seen = RgbImage::from_fn(800, 600, |x, _| if x < 400 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) });
    let photo = a_file("photo.jpg", "image/jpeg", with_exif_orientation(&jpeg(&seen), 6));

    let image = merchant.uploads(photo).await;

    let shown = image.becomes(READY).await;
    assert_eq!((&shown.body["file"]["width"], &shown.body["file"]["height"]), (&600.into(), &800.into()));
    let renditions = image.renditions().await;
    assert!(renditions.len() >= 4, "{:?}", renditions.keys());
    for (name, picture) in &renditions {
        let (width, height) = picture.dimensions();
        let square = name.starts_with("square");
        assert_eq!((height > width, height == width), (!square, square), "{name} lies on its side: {width} × {height}");
        assert_eq!(colour(picture, width / 2, height / 8), "red", "{name}");
        assert_eq!(colour(picture, width / 2, height * 7 / 8), "blue", "{name}");
    }
}

#[tokio::test]
async fn what_is_transparent_stays_so_in_webp_and_lies_on_white_in_jpeg() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let cut_out = a_file("cut-out.png", "image/png", photo_png_with_alpha(600, 400, 7));

    let image = merchant.uploads(cut_out).await;

    merchant.registers(a_product().with(&image)).await.becomes(READY).await;
    for (name, picture) in image.renditions().await {
        let corner = picture.get_pixel(2, 2).0;
        let (x, y) = (picture.width() / 2, picture.height() / 2);
        assert_eq!(picture.get_pixel(x, y).0[3], 255, "{name}: the ball is opaque");
        if name.ends_with(".webp") {
            assert_eq!(corner[3], 0, "{name}: {corner:?}");
        } else {
            assert!(corner.iter().all(|channel| *channel > 245), "{name}: {corner:?}");
        }
    }
}

#[tokio::test]
async fn a_photo_that_no_product_shows_can_be_deleted() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let image = merchant.uploads(a_photo(320, 240)).await;
    image.becomes(READY).await;

    merchant.asks("DELETE", &image.path()).await.expects(204);

    assert_eq!(merchant.gets(&image.path()).await.refused(), (404, "RESOURCE_NOT_FOUND"));
    let refused = merchant.posts("/v1/products", a_product().with(&image).body()).await;
    assert_eq!((refused.refused(), refused.pointer()), ((422, "UNKNOWN_IMAGE"), "/images/0/image_id"));
}

fn colour(picture: &DynamicImage, x: u32, y: u32) -> &'static str {
    let [red, _, blue, _] = picture.get_pixel(x, y).0;
    match (red, blue) {
        (150.., ..80) => "red",
        (..80, 150..) => "blue",
        _ => "another",
    }
}
