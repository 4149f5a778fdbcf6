"""What the API takes and gives, as types: requests are validated by them, and the API's description is made of them."""
