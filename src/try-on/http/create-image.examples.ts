/** Bodies that work as they stand, but for the key and the addresses. */
export const CREATE_IMAGE_EXAMPLES = {
  shop: {
    summary: 'As shops send it',
    value: {
      user_id: 'shopper-7',
      api_key: 'atl_…',
      catalog_id: 'coat-7',
      user_image_url: 'https://shop.example/people/7.jpg',
      catalog_image_url: 'https://shop.example/coats/7.jpg',
    },
  },
  consent: {
    summary: 'With the reason why the person may be shown',
    value: {
      user_id: 'shopper-7',
      catalog_id: 'coat-7',
      user_image_url: 'https://shop.example/people/7.jpg',
      catalog_image_url: 'https://shop.example/coats/7.jpg',
      garment_category: 'upper_body',
      consent: { subject: 'self', basis: 'consent' },
    },
  },
};
