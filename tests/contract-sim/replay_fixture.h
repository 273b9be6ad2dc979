/* A small scenario for the tests of the runner, with single quotes for JSON's: contract_json() makes JSON of
 * it. */
#ifndef MPC_TESTS_REPLAY_FIXTURE_H
#define MPC_TESTS_REPLAY_FIXTURE_H

#include "contract-sim/replay/replay.h"

/* alice.near and bob.near, and no domain. */
#define GENESIS                                                                                              \
    "'genesis':{'init_running':{'domains':[],'next_domain_id':0,'keyset':{'epoch_id':5,'domains':[]},'"      \
    "parameters':"                                                                                           \
    "{'participants':{'next_id':2,'participants':[['alice.near',0,{'url':'u','tls_public_key':'@alice.tls'}" \
    "],"                                                                                                     \
    "['bob.near',1,{'url':'u','tls_public_key':'@bob.tls'}]]},'threshold':2}},'block_height':7,'block_time_" \
    "s':9}"
#define SCENARIO(steps, more)                                                                                \
    "{'format':'mpc-scenario/1','id':'T','title':'a <title> & more'," GENESIS ",'steps':[" steps "]" more "}"
#define REGISTER(expect)                                                                                     \
    "{'call':'register_backup_service','signer':'alice.near','signer_public_key':'@alice.op','deposit_"      \
    "yocto':'1',"                                                                                            \
    "'args':{'backup_service_info':{'public_key':'@backup'}},'expect':" expect "}"
#define VIEW(pointer, expect) "{'view':'migration_info','pointer':'" pointer "','expect':" expect "}"

/* scenario_parse() of such a text. */
result_t replay_fixture_parse(const char *template, struct scenario *out, struct error *err);

#endif
