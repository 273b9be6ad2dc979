# The network that scripts/demo plays on: three domains, one of each curve. Sourced, never run.
# The public keys are real points; one attempt id is u64's largest, as real ones may be.

demo_domains_json='[
  {"id":0,"protocol":"CaitSith","reconstruction_threshold":2,"purpose":"Sign"},
  {"id":1,"protocol":"Frost","reconstruction_threshold":2,"purpose":"Sign"},
  {"id":2,"protocol":"ConfidentialKeyDerivation","reconstruction_threshold":2,"purpose":"CKD"}]'

demo_keyset_json='{"epoch_id":5,"domains":[
  {"domain_id":0,"key":{"Secp256k1":{"near_public_key":"secp256k1:j3KaQhWdmtZESuKuc4QFhPjiyAnbg768qtA3UxRtMcBN3NDBPJDhgrh9cgYSTRiFRuK3Wxdh1vg52M2k27fHYa2"}},"attempt":0},
  {"domain_id":1,"key":{"Ed25519":{"near_public_key_compressed":"ed25519:EQxkSGB1ReB43wpZdR8AixrxyjVeSUxkjdRGsrLTUppT","edwards_point":[199,75,82,249,147,98,42,69,77,169,75,243,48,17,220,5,5,35,73,176,109,107,29,158,226,170,186,169,235,107,211,84]}},"attempt":3},
  {"domain_id":2,"key":{"Bls12381":{"public_key":"bls12381g2:y6pg7qScgC7MXn2t7uf1VufowcmPCT9cko1nawqau3qLon8vEXipBVeDJ4dMZYNV1pu6Uazi4uZ2CKCZ7vCKbk4PsLAviArQuU1FAJYzpcSMBTwVnrLMCTwa1U55BjxGg56"}},"attempt":18446744073709551615}]}'

# demo_shares_json: an array of three shares with fresh random scalars, each below its curve's order: secp256k1 is
# big-endian, so its first byte is kept small; the other two are little-endian, so their last byte is.
demo_shares_json() {
    local secp ed bls
    secp=7f$(openssl rand -hex 31)
    ed=$(openssl rand -hex 31)0f
    bls=$(openssl rand -hex 31)3f
    printf '[%s,%s,%s]' \
        "$(demo_share 0 0 Secp256k1 "$secp" 032440f2c40ade89cc12beb88dbdcb9f61685d87a9192dca9a073faa1f6d98761a)" \
        "$(demo_share 1 3 Ed25519 "$ed" c74b52f993622a454da94bf33011dc05052349b06d6b1d9ee2aabaa9eb6bd354)" \
        "$(demo_share 2 18446744073709551615 Bls12381 "$bls" \
            a2db91229fd0945e7ec341e8265f2318d2bfc936c9e358e74c66e7eb81f08461f8daca0fd94f1e4094c63d209e6c055c08215806efc163223bcd5439fa813d182b32a47ffc5880fd9afca3ea3455bb0268c27cf9470715bab5e4c749e975b6f1)"
}

demo_share() {
    printf '{"key_id":{"epoch_id":5,"domain_id":%s,"attempt_id":%s},"data":{"%s":{"private_share":"%s","public_key":"%s"}}}' "$@"
}
