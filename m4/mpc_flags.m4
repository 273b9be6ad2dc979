# Flags of our own go to MPC_CFLAGS and MPC_LDFLAGS; the user's CFLAGS are never touched.

# MPC_TRY_CFLAG(FLAG): append FLAG to MPC_CFLAGS where the compiler takes it
AC_DEFUN([MPC_TRY_CFLAG], [
  AS_VAR_PUSHDEF([cache], [mpc_cv_cflag_$1])dnl
  AC_CACHE_CHECK([whether $CC accepts $1], [cache], [
    mpc_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    CFLAGS=$mpc_saved_cflags
  ])
  AS_VAR_IF([cache], [yes], [MPC_CFLAGS="$MPC_CFLAGS $1"])
  AS_VAR_POPDEF([cache])dnl
])

AC_DEFUN([MPC_WARNINGS], [
  AC_SUBST([MPC_CFLAGS])
  AC_SUBST([MPC_LDFLAGS])
  MPC_CFLAGS="-std=gnu11"
  m4_foreach_w([flag], [-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
                        -Wpointer-arith -Wvla -Wformat=2 -Wundef -Wcast-qual -Wwrite-strings],
               [MPC_TRY_CFLAG(flag)])
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
                [], [enable_werror=no])
  AS_VAR_IF([enable_werror], [yes], [MPC_CFLAGS="$MPC_CFLAGS -Werror"])
])

AC_DEFUN([MPC_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST], [compile with -fsanitize=LIST, e.g. address,undefined or thread])],
    [], [enable_sanitizers=no])
  AS_CASE([$enable_sanitizers],
    [no], [],
    [yes], [AC_MSG_ERROR([--enable-sanitizers wants a list, e.g. --enable-sanitizers=address,undefined])],
    [MPC_CFLAGS="$MPC_CFLAGS -fsanitize=$enable_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"
     MPC_LDFLAGS="$MPC_LDFLAGS -fsanitize=$enable_sanitizers"])
])

AC_DEFUN([MPC_COVERAGE], [
  AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [instrument for gcov])],
                [], [enable_coverage=no])
  AS_VAR_IF([enable_coverage], [yes],
    [MPC_CFLAGS="$MPC_CFLAGS --coverage -fprofile-update=atomic"
     MPC_LDFLAGS="$MPC_LDFLAGS --coverage"])
])

AC_DEFUN([MPC_FUZZING], [
  AC_ARG_ENABLE([fuzzing],
    [AS_HELP_STRING([--enable-fuzzing], [build the fuzz harnesses with libFuzzer (clang only)])],
    [], [enable_fuzzing=no])
  AC_SUBST([FUZZ_ENGINE])
  AS_VAR_IF([enable_fuzzing], [yes], [
    MPC_CFLAGS="$MPC_CFLAGS -fsanitize=fuzzer-no-link"
    MPC_LDFLAGS="$MPC_LDFLAGS -fsanitize=fuzzer-no-link"
    # As an archive, so that programs with a main() of their own link as ever.
    fuzz_archive=`$CC -print-runtime-dir`/libclang_rt.fuzzer-`uname -m`.a
    AS_IF([test -f "$fuzz_archive"], [], [AC_MSG_ERROR([--enable-fuzzing wants CC=clang with its libFuzzer])])
    FUZZ_ENGINE="$fuzz_archive -lstdc++ -lm"
  ])
  AM_CONDITIONAL([FUZZING], [test "x$enable_fuzzing" = xyes])
])

# Fortified libc calls need optimisation and would hide what a sanitizer reports.
AC_DEFUN([MPC_HARDENING], [
  AS_VAR_IF([enable_sanitizers], [no], [
    MPC_TRY_CFLAG([-fstack-protector-strong])
    AS_CASE([" $CFLAGS "], [*" -O0 "*], [], [*" -O"*], [MPC_CFLAGS="$MPC_CFLAGS -D_FORTIFY_SOURCE=2"])
    MPC_LDFLAGS="$MPC_LDFLAGS -Wl,-z,relro,-z,now"
  ])
])
