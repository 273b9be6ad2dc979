/* The form for people: what each of its lines is compiled to (docs/scenarios.md). */
#include "contract-sim/author/author.h"

#include <stdio.h>

#include "contract-sim/replay/replay.h"
#include "tests/support/contract.h"

/* A compiled scenario and its JSON. */
struct compiled {
    struct authored authored;
    struct json_object *json;
};

static void compile(const char *text, struct compiled *out)
{
    struct error err = {0};
    ck_assert_ok_err(author_compile(text, strlen(text), "name", NULL, &out->authored, &err), err);
    ck_assert_ok_err(json_parse((const char *)out->authored.json.data, out->authored.json.len,
                                &json_limits_view, &out->json, &err),
                     err);
}

static void compiled_free(struct compiled *compiled)
{
    authored_free(&compiled->authored);
    json_object_put(compiled->json);
}

/* The value at a pointer as compact JSON; "(nothing)" without one. Borrowed like contract_json(). */
static const char *at(const struct compiled *compiled, const char *pointer)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct json_object *value;
    if (!replay_pointer_get(compiled->json, pointer, &value))
        return "(nothing)";
    ck_assert_ok(json_write(value, &text));
    return contract_json("%s", (const char *)text.data);
}

/* The same of the step that is `back` before the last one: "args", "/args/keyset". */
static const char *in_step(const struct compiled *compiled, size_t back, const char *pointer)
{
    char whole[256];
    snprintf(whole, sizeof whole, "/steps/%zu%s", compiled->authored.step_count - 1 - back, pointer);
    return at(compiled, whole);
}

#define ck_at(compiled, pointer, expected)                                                                   \
    ck_assert_str_eq(at(compiled, pointer), contract_json("%s", expected))
#define ck_step(compiled, back, pointer, expected)                                                           \
    ck_assert_str_eq(in_step(compiled, back, pointer), contract_json("%s", expected))

/* It compiles, and what comes out runs without a difference in each of its profiles. */
static void ck_runs(const char *text)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    CLEANUP(scenario_free) struct scenario scenario = {0};
    struct error err = {0};
    compile(text, &compiled);
    const struct bytes *json = &compiled.authored.json;
    ck_assert_ok_err(scenario_parse((const char *)json->data, json->len, &scenario, &err), err);
    ck_assert_uint_eq(scenario.step_count, compiled.authored.step_count);
    for (size_t i = 0; model_profile_name(i); i++) {
        CLEANUP(replay_result_free) struct replay_result result = {0};
        struct replay_options how = {.profile = model_profile_name(i)};
        if (!scenario_is_for(&scenario, how.profile))
            continue;
        ck_assert_ok_err(replay_run(&scenario, &how, &result, &err), err);
        ck_assert_msg(result.difference_count == 0, "[%s] %s: expected %s, got %s", how.profile,
                      (const char *)result.differences[0].what.data,
                      (const char *)result.differences[0].expected.data,
                      (const char *)result.differences[0].got.data);
    }
}

START_TEST(a_title_alone_is_the_usual_genesis_with_its_three_attestations)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title  it \"stands\"  # a comment\n", &compiled);
    ck_at(&compiled, "/format", "'mpc-scenario/1'");
    ck_at(&compiled, "/id", "'name'");
    ck_assert_str_eq(at(&compiled, "/title"), "\"it \\\"stands\\\"\"");
    ck_at(&compiled, "/genesis/block_height", "1000");
    ck_at(&compiled, "/genesis/block_time_s", "1700000000");
    ck_at(&compiled, "/genesis/init_running/domains",
          "[{'id':0,'protocol':'CaitSith','reconstruction_threshold':2,'purpose':'Sign'}]");
    ck_at(&compiled, "/genesis/init_running/keyset/epoch_id", "5");
    ck_at(&compiled, "/genesis/init_running/parameters/threshold", "2");
    ck_at(&compiled, "/genesis/init_running/parameters/participants/participants/2",
          "['carol.near',2,{'url':'https://carol.near:80','tls_public_key':'@carol.tls'}]");
    ck_assert_uint_eq(compiled.authored.step_count, 3);
    ck_at(&compiled, "/steps/1",
          "{'call':'submit_participant_info','signer':'bob.near','signer_public_key':'@bob.node','args':{"
          "'proposed_participant_attestation':{'Mock':'Valid'},'tls_public_key':'@bob.tls'},'expect':{'ok':"
          "null}}");
    ck_runs("title x\n");
}
END_TEST

/* The last step of "title x", the line: the method's arguments, and the rest of the call before them. */
START_TEST(what_is_left_out_of_a_call_is_what_the_method_usually_takes)
{
#define PROPOSAL(epoch, next, participants, threshold)                                                       \
    "{'prospective_epoch_id':" epoch ",'proposal':{'parameters':{'participants':{'next_id':" next            \
    ",'participants':[" participants "]},'threshold':" threshold "},'per_domain_thresholds':{}}}"
#define ALICE "['alice.near',0,{'url':'https://alice.near:80','tls_public_key':'@alice.tls'}]"
#define BOB   "['bob.near',1,{'url':'https://bob.near:80','tls_public_key':'@bob.tls'}]"
#define CAROL "['carol.near',2,{'url':'https://carol.near:80','tls_public_key':'@carol.tls'}]"
#define DAVE  "['dave.near',3,{'url':'https://dave.near:80','tls_public_key':'@dave.tls'}]"
#define EVENT "'key_event_id':{'epoch_id':6,'domain_id':0,'attempt_id':0}"
#define TO(url, key, tls)                                                                                    \
    "{'destination_node_info':{'signer_account_pk':'@" key "','destination_node_info':{'url':'" url          \
    "','tls_public_key':'@" tls "'}}}"
#define MOCK(mock, tls)         "{'proposed_participant_attestation':{'Mock':" mock "},'tls_public_key':'@" tls "'}"
#define BOUND(constraints, tls) MOCK("{'WithConstraints':{" constraints "}}", tls)
#define ZEROS                   "0000000000000000000000000000000000000000000000000000000000000000"
    static const struct {
        const char *line, *key, *deposit, *args;
    } cases[] = {
        {"alice register_backup_service", "alice.op", "'1'",
         "{'backup_service_info':{'public_key':'@alice.backup'}}"},
        {"alice register_backup_service key=backup2 deposit=0", "alice.op", "(nothing)",
         "{'backup_service_info':{'public_key':'@alice.backup2'}}"},
        {"alice start_node_migration", "alice.op", "'1'",
         TO("http://node2.alice.near:80", "alice.node2", "alice.tls2")},
        {"alice start_node_migration to=node3 deposit=5", "alice.op", "'5'",
         TO("http://node3.alice.near:80", "alice.node3", "alice.tls3")},
        {"alice start_node_migration to=bob.node key=op tls=dave.tls url=x", "alice.op", "'1'",
         TO("x", "alice.op", "dave.tls")},
        {"bob cancel_node_migration", "bob.op", "'1'", "{}"},
        {"alice update_participant_url", "alice.op", "'1'", "{'url':'https://new.alice.near:80'}"},
        {"alice update_participant_url url=\"a b\"", "alice.op", "'1'", "{'url':'a b'}"},
        {"dave submit_participant_info", "dave.node", "(nothing)", MOCK("'Valid'", "dave.tls")},
        {"dave.node2 submit_participant_info mock=Invalid", "dave.node2", "(nothing)",
         MOCK("'Invalid'", "dave.tls2")},
        {"dave submit_participant_info tls=bob.tls expires=7", "dave.node", "(nothing)",
         BOUND("'expiry_timestamp_seconds':7", "bob.tls")},
        {"dave submit_participant_info expires=+7 compose=" ZEROS " image=" ZEROS, "dave.node", "(nothing)",
         BOUND("'mpc_docker_image_hash':'" ZEROS "','launcher_docker_compose_hash':'" ZEROS
               "','expiry_timestamp_seconds':1700000007",
               "dave.tls")},
        {"dave prepay_attestation_storage", "dave.op", "'20000000000000000000000'",
         "{'account_id':'dave.near','grants':1}"},
        {"erin prepay_attestation_storage for=dave grants=3", "erin.op", "'60000000000000000000000'",
         "{'account_id':'dave.near','grants':3}"},
        {"erin clean_invalid_attestations expect ok 0", "erin.op", "(nothing)", "{'max_scan':30}"},
        {"erin clean_invalid_attestations scan=4 expect ok 0", "erin.op", "(nothing)", "{'max_scan':4}"},
        {"alice verify_tee expect ok true", "alice.op", "(nothing)", "{}"},
        {"alice vote_code_hash", "alice.op", "(nothing)",
         "{'code_hash':'6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d'}"},
        {"alice vote_add_launcher_hash hash=" ZEROS, "alice.op", "(nothing)",
         "{'launcher_hash':'" ZEROS "'}"},
        {"alice vote_remove_launcher_hash hash=" ZEROS, "alice.op", "(nothing)",
         "{'launcher_hash':'" ZEROS "'}"},
        {"alice vote_new_parameters", "alice.op", "(nothing)",
         PROPOSAL("6", "3", ALICE "," BOB "," CAROL, "2")},
        {"alice vote_new_parameters without=carol", "alice.op", "(nothing)",
         PROPOSAL("6", "3", ALICE "," BOB, "2")},
        {"alice vote_new_parameters with=dave", "alice.op", "(nothing)",
         PROPOSAL("6", "4", ALICE "," BOB "," CAROL "," DAVE, "3")},
        {"alice vote_new_parameters without=bob with=dave threshold=3 epoch=9", "alice.op", "(nothing)",
         PROPOSAL("9", "4", ALICE "," CAROL "," DAVE, "3")},
        {"alice vote_cancel_resharing", "alice.op", "(nothing)", "{}"},
        {"alice start_reshare_instance", "alice.node", "(nothing)", "{" EVENT "}"},
        {"alice vote_reshared", "alice.node", "(nothing)", "{" EVENT "}"},
        {"alice vote_abort_key_event_instance epoch=1 domain=2 attempt=3", "alice.node", "(nothing)",
         "{'key_event_id':{'epoch_id':1,'domain_id':2,'attempt_id':3}}"},
        {"alice start_keygen_instance", "alice.node", "(nothing)", "{" EVENT "}"},
        {"alice vote_add_domains", "alice.op", "(nothing)",
         "{'domains':[{'id':1,'protocol':'Frost','reconstruction_threshold':2,'purpose':'Sign'}]}"},
        {"alice vote_add_domains domains=CKD,CaitSith:3:ForeignTx", "alice.op", "(nothing)",
         "{'domains':[{'id':1,'protocol':'ConfidentialKeyDerivation','reconstruction_threshold':2,'purpose':"
         "'CKD'},{'id':2,'protocol':'CaitSith','reconstruction_threshold':3,'purpose':'ForeignTx'}]}"},
        {"alice vote_cancel_keygen", "alice.op", "(nothing)", "{'next_domain_id':1}"},
        {"alice vote_cancel_keygen next=8", "alice.op", "(nothing)", "{'next_domain_id':8}"},
        {"alice cleanup_orphaned_node_migrations", "alice.op", "(nothing)", "{}"},
        {"mpc clean_tee_status", "mpc.op", "(nothing)", "{}"},
        {"dave public_key domain=1 expect ok 1", "dave.op", "(nothing)", "{'domain_id':1}"},
        {"dave get_attestation tls=bob.tls expect ok 1", "dave.op", "(nothing)",
         "{'tls_public_key':'@bob.tls'}"},
        {"dave available_attestation_grants expect ok 1", "dave.op", "(nothing)",
         "{'account_id':'dave.near'}"},
        {"alice init {\"a\": [1, \"@bob.tls\", {\"b\": \"@hash." ZEROS "\"}], \"n\": null}", "alice.op",
         "(nothing)", "{'a':[1,'@bob.tls',{'b':'" ZEROS "'}],'n':null}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(compiled_free) struct compiled compiled = {0};
        char text[1024], signer[64];
        snprintf(text, sizeof text, "title x\n%s\n", cases[i].line);
        snprintf(signer, sizeof signer, "'@%s'", cases[i].key);
        compile(text, &compiled);
        ck_assert_uint_eq(compiled.authored.step_count, 4);
        ck_step(&compiled, 0, "/signer_public_key", signer);
        ck_step(&compiled, 0, "/deposit_yocto", cases[i].deposit);
        ck_step(&compiled, 0, "/args", cases[i].args);
    }
}
END_TEST

START_TEST(conclude_names_the_keyset_of_the_moment)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title x\nreshare\nalice conclude_node_migration\n", &compiled);
    ck_step(&compiled, 0, "/args/keyset/epoch_id", "6");
    ck_step(&compiled, 0, "/signer_public_key", "'@alice.node2'");
    ck_runs("title x\n"
            "attest alice.node2\n"
            "alice start_node_migration\n"
            "keygen\n"
            "alice conclude_node_migration\n"
            "  expect design error MigrationNotFound\n"
            "advance 1 block\n");
    /* Outside of Running too, so that the refusal is that of the state. */
    ck_runs("title x\nall vote_add_domains\n"
            "alice conclude_node_migration expect error ProtocolStateNotRunning\n");
    ck_runs("title x\nall vote_new_parameters\n"
            "alice conclude_node_migration expect error ProtocolStateNotRunning\n");
}
END_TEST

START_TEST(key_events_name_the_attempt_that_runs_or_comes_next)
{
    ck_runs("title x\n"
            "all vote_new_parameters\n"
            "leader start_reshare_instance\n"
            "bob vote_abort_key_event_instance\n"
            "leader start_reshare_instance\n"
            "all vote_reshared\n"
            "view state /Running/keyset/domains/0/attempt expect equals 1\n"
            "all vote_add_domains domains=Frost,CKD,DamgardEtAl\n"
            "leader start_keygen_instance\n"
            "advance 31 blocks\n"
            "alice vote_pk expect error NoActiveKeyEvent\n"
            "leader start_keygen_instance\n"
            "all vote_pk key=mine\n"
            "leader start_keygen_instance\nall vote_pk\n"
            "leader start_keygen_instance\nall vote_pk\n"
            "view state /Running/keyset/domains/1/attempt expect equals 1\n"
            "view state /Running/keyset/domains/3/domain_id expect equals 3\n"
            "view state /Running/keyset/domains/2/key/Bls12381 expect present\n");
}
END_TEST

START_TEST(everybody_is_who_has_a_vote)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title x\nattest dave\nall vote_new_parameters with=dave without=alice\n"
            "all start_reshare_instance expect error VoterNotLeader\nleader start_reshare_instance\n"
            "all vote_cancel_resharing expect ok\n",
            &compiled);
    ck_step(&compiled, 9, "/signer", "'bob.near'"); /* vote_new_parameters: the proposed */
    ck_step(&compiled, 7, "/signer", "'dave.near'");
    ck_step(&compiled, 6, "/signer", "'bob.near'"); /* key events: those who take part */
    ck_step(&compiled, 4, "/signer", "'dave.near'");
    ck_step(&compiled, 3, "/signer", "'bob.near'");   /* the leader: the lowest id of them */
    ck_step(&compiled, 2, "/signer", "'alice.near'"); /* the cancel: the previous members */
    ck_step(&compiled, 0, "/signer", "'carol.near'");
    ck_step(&compiled, 0, "/expect", "{'ok':null}");
}
END_TEST

START_TEST(who_has_moved_to_a_second_node_signs_with_its_key)
{
    ck_runs("title x\n"
            "attest alice.node2\n"
            "alice start_node_migration\n"
            "alice conclude_node_migration\n"
            "reshare\n"
            "all submit_participant_info\n"
            "view state /Running/keyset/epoch_id expect equals 6\n");
}
END_TEST

START_TEST(a_list_of_callers_is_a_call_each)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title x\nbob,alice.node3,mpc vote_code_hash via=proxy deposit=3\n  expect error NoDeposit\n",
            &compiled);
    ck_assert_uint_eq(compiled.authored.step_count, 6);
    ck_step(&compiled, 2, "/signer_public_key", "'@bob.op'");
    ck_step(&compiled, 1, "/signer_public_key", "'@alice.node3'");
    ck_step(&compiled, 0, "/signer", "'mpc.near'");
    ck_step(&compiled, 0, "/predecessor", "'proxy.near'");
    ck_step(&compiled, 0, "/deposit_yocto", "'3'");
    ck_step(&compiled, 2, "/predecessor", "'proxy.near'");
    ck_step(&compiled, 0, "/expect", "{'error':'sdk:NoDeposit','message':'','match':'contains'}");
}
END_TEST

START_TEST(a_secp256k1_key_is_one)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title x\nalice.secp verify_tee expect ok true\n", &compiled);
    ck_assert_text_has(in_step(&compiled, 0, "/signer_public_key"), "\"secp256k1:");
}
END_TEST

START_TEST(a_place_of_the_arguments_may_be_changed)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title x\n"
            "alice conclude_node_migration /keyset/epoch_id=4 /keyset/domains/0/attempt=9\n"
            "  /keyset/domains/1={\"domain_id\": \"@bob.tls\"} /extra=word /none=null\n",
            &compiled);
    ck_step(&compiled, 0, "/args/keyset/epoch_id", "4");
    ck_step(&compiled, 0, "/args/keyset/domains/0/attempt", "9");
    ck_step(&compiled, 0, "/args/keyset/domains/1", "{'domain_id':'@bob.tls'}");
    ck_step(&compiled, 0, "/args/extra", "'word'");
    ck_step(&compiled, 0, "/args/none", "null");
}
END_TEST

START_TEST(what_is_expected_may_differ_by_profile)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title x\n"
            "alice cancel_node_migration\n"
            "  expect v3.14 error MethodNotFound \"exact\"\n"
            "  expect design,v3.14+cancel error MigrationNotFound contains \"part\"\n"
            "alice cancel_node_migration expect v3.14 error MethodNotFound\n"
            "alice cancel_node_migration expect design ok 7 expect ok 7 expect v3.14 ok 7\n",
            &compiled);
#define REFUSED(error, message, match) "{'error':'" error "','message':'" message "','match':'" match "'}"
#define NOT_FOUND                      REFUSED("NodeMigrationError::MigrationNotFound", "part", "contains")
    ck_step(&compiled, 2, "/expect",
            "{'by_profile':{'design':" NOT_FOUND
            ",'v3.14':" REFUSED("MethodNotFound", "exact", "exact") ",'v3.14+"
                                                                    "cancel':" NOT_FOUND "}}");
    ck_step(&compiled, 1, "/expect/by_profile/design", "{'ok':null}");
    ck_step(&compiled, 1, "/expect/by_profile/v3.14", REFUSED("MethodNotFound", "", "contains"));
    ck_step(&compiled, 0, "/expect", "{'ok':7}");
}
END_TEST

static const char *last_part(const char *path)
{
    const char *colon = strrchr(path, ':');
    return colon ? colon + 1 : path;
}

START_TEST(the_last_part_of_an_error_names_it_alone)
{
    for (size_t i = 0; model_error_name(i); i++) {
        for (size_t j = 0; j < i; j++) {
            const char *a = model_error_name(i);
            const char *b = model_error_name(j);
            ck_assert_msg(strcmp(last_part(a), last_part(b)) != 0 || strcmp(a, b) == 0, "%s and %s", a, b);
        }
    }
}
END_TEST

START_TEST(a_view_has_a_pointer_and_something_expected)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title x\n"
            "view state /Running/domains expect equals {\"a\":\n  \"@alice.tls\"}\n"
            "view migration_info\n  expect design absent\n  expect present\n"
            "view get_attestation tls=bob.tls expect equals @bob.tls\n"
            "view \"pizza\" expect error MethodNotFound\n"
            "view version expect equals 3.14.0\n"
            "view config /x expect equals 7\n",
            &compiled);
    ck_step(&compiled, 5, "",
            "{'view':'state','pointer':'/Running/domains','expect':{'equals':{'a':'@alice.tls'}}}");
    ck_step(&compiled, 4, "/pointer", "''");
    ck_step(&compiled, 4, "/expect",
            "{'by_profile':{'design':{'present':false},'v3.14':{'present':true},'v3.14+cancel':{'present':"
            "true}}}");
    ck_step(&compiled, 3, "",
            "{'view':'get_attestation','args':{'tls_public_key':'@bob.tls'},'pointer':'','expect':{'equals':'"
            "@bob.tls'}}");
    ck_step(&compiled, 2, "/view", "'pizza'");
    ck_step(&compiled, 1, "/expect", "{'equals':'3.14.0'}");
    ck_step(&compiled, 0, "/expect", "{'equals':7}");
}
END_TEST

START_TEST(time_passes_in_blocks_or_in_units_of_the_clock)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile(
        "title x\nadvance 30 blocks\nadvance 1 block\nadvance 2 seconds\nadvance 2 minutes\nadvance 2 hours\n"
        "advance 7 days\n",
        &compiled);
    ck_step(&compiled, 5, "", "{'advance':{'blocks':30}}");
    ck_step(&compiled, 4, "", "{'advance':{'blocks':1}}");
    ck_step(&compiled, 3, "", "{'advance':{'seconds':2}}");
    ck_step(&compiled, 2, "", "{'advance':{'seconds':120}}");
    ck_step(&compiled, 1, "", "{'advance':{'seconds':7200}}");
    ck_step(&compiled, 0, "", "{'advance':{'seconds':604800}}");
}
END_TEST

START_TEST(the_genesis_may_be_another)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("title x\ngenesis members=alice,zoe,bob,carol,dave threshold=4 domains=Frost:3,CKD epoch=9 "
            "height=7 time=8\n"
            "  attested=no /init_config={\"key_event_timeout_blocks\": 5}\nzoe verify_tee expect ok true\n",
            &compiled);
    ck_assert_uint_eq(compiled.authored.step_count, 1);
    ck_at(&compiled, "/genesis/block_height", "7");
    ck_at(&compiled, "/genesis/block_time_s", "8");
    ck_at(&compiled, "/genesis/init_running/next_domain_id", "2");
    ck_at(&compiled, "/genesis/init_running/keyset/epoch_id", "9");
    ck_at(&compiled, "/genesis/init_running/keyset/domains/1/domain_id", "1");
    ck_at(&compiled, "/genesis/init_running/parameters/threshold", "4");
    ck_at(&compiled, "/genesis/init_running/parameters/participants/next_id", "5");
    ck_at(&compiled, "/genesis/init_running/parameters/participants/participants/1/0", "'zoe.near'");
    ck_at(&compiled, "/genesis/init_running/init_config", "{'key_event_timeout_blocks':5}");
    ck_runs("title x\ngenesis members=alice,bob,carol,dave,erin domains=none\nall submit_participant_info\n"
            "view state /Running/parameters/threshold expect equals 3\n"
            "view state /Running/domains/next_domain_id expect equals 0\n");
}
END_TEST

START_TEST(the_genesis_may_be_written_as_json)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile(
        "title x\n"
        "genesis {\"domains\": [], \"next_domain_id\": 0, \"keyset\": {\"epoch_id\": 3, \"domains\": []},\n"
        "  \"parameters\": {\"participants\": {\"next_id\": 2, \"participants\": [\n"
        "    [\"zoe.near\", 0, {\"url\": \"u\", \"tls_public_key\": \"@dave.tls\"}],\n"
        "    [\"bob.near\", 1, {\"url\": \"u\", \"tls_public_key\": \"@bob.tls4\"}]]}, \"threshold\": 3}}\n"
        "  /parameters/threshold=2 height=7\n"
        "zoe verify_tee expect ok true\n"
        "all submit_participant_info expect ok\n",
        &compiled);
    ck_at(&compiled, "/genesis/init_running/keyset/epoch_id", "3");
    ck_at(&compiled, "/genesis/init_running/parameters/threshold", "2");
    ck_at(&compiled, "/genesis/block_height", "7");
    ck_assert_uint_eq(compiled.authored.step_count, 3); /* nobody attested first */
    ck_step(&compiled, 2, "/signer", "'zoe.near'");
    ck_step(&compiled, 1, "/signer_public_key", "'@zoe.node'"); /* the TLS key is somebody else's */
    ck_step(&compiled, 0, "/signer_public_key", "'@bob.node4'");
}
END_TEST

START_TEST(the_contract_may_be_without_a_state)
{
    ck_runs("title x\ngenesis initialised=no members=alice,bob\n"
            "alice state expect error sdk:NotInitialized\n"
            "alice vote_new_parameters expect error sdk:NotInitialized\n"
            "alice vote_reshared expect error sdk:NotInitialized\n"
            "alice conclude_node_migration expect error sdk:NotInitialized\n"
            "mpc init_running\n"
            "view state /Running/parameters/participants/participants/1/0 expect equals bob.near\n");
    ck_runs(
        "title x\ngenesis initialised=no\ndave init\nview state /Running/keyset/epoch_id expect equals 0\n");
}
END_TEST

START_TEST(profiles_rules_and_the_launcher_template_come_with_the_scenario)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile(
        "title x\nprofiles v3.14 design\nrule has_cancel_node_migration=yes\nrule min_node_mgmt_deposit=3\n"
        "launcher_template \"{{LAUNCHER_IMAGE_HASH}}\\n{{DEFAULT_IMAGE_DIGEST_HASH}}\"\n",
        &compiled);
    ck_at(&compiled, "/profiles", "['v3.14','design']");
    ck_at(&compiled, "/rules", "['has_cancel_node_migration=yes','min_node_mgmt_deposit=3']");
    ck_assert_str_eq(at(&compiled, "/launcher_template"),
                     "\"{{LAUNCHER_IMAGE_HASH}}\\n{{DEFAULT_IMAGE_DIGEST_HASH}}\"");
    ck_runs("title x\nprofiles v3.14\nrule has_cancel_node_migration=yes\n"
            "alice cancel_node_migration expect error MigrationNotFound\n");
    ck_runs("title x\nlauncher_template \"{{LAUNCHER_IMAGE_HASH}} {{DEFAULT_IMAGE_DIGEST_HASH}}\"\n"
            "alice,bob vote_code_hash\nalice,bob vote_add_launcher_hash\n"
            "view allowed_launcher_compose_hashes /0 expect present\n");
}
END_TEST

START_TEST(macros_are_the_calls_of_everybody)
{
    ck_runs("title x\nattest dave,bob.node2\nreshare with=dave threshold=3\n"
            "view state /Running/parameters/threshold expect equals 3\n"
            "reshare without=carol\n"
            "view state /Running/parameters/participants/participants/2/0 expect equals dave.near\n"
            "keygen domains=Frost:3,CKD\nkeygen\nview state /Running/domains/next_domain_id expect equals 4\n"
            "reshare\nview state /Running/keyset/epoch_id expect equals 8\n");
}
END_TEST

START_TEST(steps_are_known_by_the_line_on_which_their_statement_begins)
{
    CLEANUP(compiled_free) struct compiled compiled = {0};
    compile("# a comment\ntitle x\r\n\n"
            "alice,bob verify_tee\n  # another\n\n  expect ok true\n"
            "advance 1 block # and so on\n",
            &compiled);
    ck_assert_uint_eq(compiled.authored.step_count, 6);
    ck_assert_uint_eq(compiled.authored.lines[0], 1); /* of the genesis, which is not written */
    ck_assert_uint_eq(compiled.authored.lines[3], 4);
    ck_assert_uint_eq(compiled.authored.lines[4], 4);
    ck_assert_uint_eq(compiled.authored.lines[5], 8);
}
END_TEST

START_TEST(where_profiles_have_come_apart_an_argument_has_to_be_written)
{
    static const char apart[] = "title x\n"
                                "attest alice.node2\n"
                                "alice start_node_migration\n"
                                "all vote_new_parameters\n"
                                "alice,bob vote_cancel_resharing\n"
                                "alice conclude_node_migration expect design error MigrationNotFound\n";
    char text[1024];
    struct authored authored;
    struct error err = {0};
    snprintf(text, sizeof text, "%salice vote_new_parameters\n", apart);
    ck_assert_outcome(author_compile(text, strlen(text), "x", NULL, &authored, &err),
                      OUTCOME_SCENARIO_MALFORMED);
    ck_assert_str_eq(
        err.text,
        "line 7, column 7: the arguments that vote_new_parameters has by default are not the same in "
        "design and v3.14 here: write them, as settings or as JSON");
    snprintf(text, sizeof text, "%sall vote_reshared expect error CallerNotParticipant\n", apart);
    ck_assert_outcome(author_compile(text, strlen(text), "x", NULL, &authored, &err),
                      OUTCOME_SCENARIO_MALFORMED);
    ck_assert_str_eq(err.text, "line 7, column 1: all are not the same in design and v3.14 here: name them");
    /* Whoever is asked for the same in both goes on. */
    snprintf(text, sizeof text, "%sbob vote_new_parameters {\"prospective_epoch_id\": 7}\n", apart);
    ck_assert_ok_err(author_compile(text, strlen(text), "x", NULL, &authored, &err), err);
    authored_free(&authored);
    snprintf(text, sizeof text, "profiles v3.14 v3.14+cancel\n%sreshare\n", apart);
    for (char *design = strstr(text, " expect design"); design && *design != '\n'; design++)
        *design = ' ';
    ck_runs(text);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "author");
    tcase_add_test(tcase, a_title_alone_is_the_usual_genesis_with_its_three_attestations);
    tcase_add_test(tcase, what_is_left_out_of_a_call_is_what_the_method_usually_takes);
    tcase_add_test(tcase, conclude_names_the_keyset_of_the_moment);
    tcase_add_test(tcase, key_events_name_the_attempt_that_runs_or_comes_next);
    tcase_add_test(tcase, everybody_is_who_has_a_vote);
    tcase_add_test(tcase, who_has_moved_to_a_second_node_signs_with_its_key);
    tcase_add_test(tcase, a_list_of_callers_is_a_call_each);
    tcase_add_test(tcase, a_secp256k1_key_is_one);
    tcase_add_test(tcase, a_place_of_the_arguments_may_be_changed);
    tcase_add_test(tcase, what_is_expected_may_differ_by_profile);
    tcase_add_test(tcase, the_last_part_of_an_error_names_it_alone);
    tcase_add_test(tcase, a_view_has_a_pointer_and_something_expected);
    tcase_add_test(tcase, time_passes_in_blocks_or_in_units_of_the_clock);
    tcase_add_test(tcase, the_genesis_may_be_another);
    tcase_add_test(tcase, the_genesis_may_be_written_as_json);
    tcase_add_test(tcase, the_contract_may_be_without_a_state);
    tcase_add_test(tcase, profiles_rules_and_the_launcher_template_come_with_the_scenario);
    tcase_add_test(tcase, macros_are_the_calls_of_everybody);
    tcase_add_test(tcase, steps_are_known_by_the_line_on_which_their_statement_begins);
    tcase_add_test(tcase, where_profiles_have_come_apart_an_argument_has_to_be_written);
    return run_suite(suite);
}
