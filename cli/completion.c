/* Completion scripts for three shells, from the tables of commands and options. */
#include "cli.h"

#include <string.h>

/* Words of a range "a|b|c" with `joint` between them. */
static void put_choices(const char *range, const char *joint)
{
    for (const char *at = range; *at;) {
        size_t n = strcspn(at, "|");
        output_sink(NULL, at, n);
        at += n + (at[n] == '|');
        if (*at) output_text(joint);
    }
}

static int has_choices(const rondo_option_info *info)
{
    return strchr(info->range, '|') && (!strcmp(info->type, "choice") || !strcmp(info->type, "list"));
}

static int is_flag(const rondo_option_info *info)
{
    return strcmp(info->type, "flag") == 0;
}

static void put_commands(const char *joint)
{
    for (size_t i = 0; i < command_count; i++)
        output_format("%s%s", i ? joint : "", commands[i].name);
}

/* Words that may follow a command and are no option. */
static const char *words_after(const command *verb)
{
    static const struct {
        const char *name, *words;
    } rows[] = {{"data", "check split synth"}, {"completion", "bash zsh fish"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, verb->name) == 0) return rows[i].words;
    return "";
}

static void bash_options(const command *verb)
{
    rondo_option_info info;
    output_format("    %s) words=\"%s", verb->name, words_after(verb));
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++)
        if (option_applies(&info, verb))
            output_format(is_flag(&info) ? " --%s --no-%s" : " --%s", info.name, info.name);
    output_text("\" ;;\n");
}

static void bash(void)
{
    rondo_option_info info;
    output_text("# bash completion for rondo\n_rondo() {\n"
                "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
                "  COMPREPLY=()\n  case $prev in\n");
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++)
        if (has_choices(&info)) {
            output_format("    --%s) mapfile -t COMPREPLY < <(compgen -W \"", info.name);
            put_choices(info.range, " ");
            output_text("\" -- \"$cur\"); return ;;\n");
        }
    output_text("  esac\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    mapfile -t COMPREPLY < <(compgen -W \"");
    put_commands(" ");
    output_text("\" -- \"$cur\"); return\n  fi\n  case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < command_count; i++)
        bash_options(&commands[i]);
    output_text(
        "  esac\n  case $cur in\n    -*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
        "    *) mapfile -t COMPREPLY < <(compgen -W \"${words%% --*}\" -- \"$cur\"; compgen -f -- \"$cur\") "
        ";;\n"
        "  esac\n}\ncomplete -o filenames -F _rondo rondo\n");
}

/* Text inside single quotes of zsh or fish, brackets and colons made harmless for zsh. */
static void put_help(const char *text, int zsh)
{
    for (; *text; text++) {
        if (*text == '\'')
            output_text(zsh ? "'\\''" : "\\'");
        else if (zsh && strchr("[]:\\", *text))
            output_format("\\%c", *text);
        else
            output_sink(NULL, text, 1);
    }
}

static void zsh_option(const rondo_option_info *info)
{
    if (is_flag(info)) output_format("      '--no-%s[not --%s]'\n", info->name, info->name);
    output_format("      '--%s%s[", info->name, is_flag(info) ? "" : "=");
    put_help(info->help, 1);
    output_text("]");
    if (has_choices(info)) {
        output_format(":%s:(", info->name);
        put_choices(info->range, " ");
        output_text(")");
    } else if (!is_flag(info)) {
        output_format(":%s:%s", info->name, strcmp(info->type, "file") ? "" : "_files");
    }
    output_text("'\n");
}

static void zsh(void)
{
    rondo_option_info info;
    output_text("#compdef rondo\n_rondo() {\n  local -a names options\n  names=(\n");
    for (size_t i = 0; i < command_count; i++) {
        output_format("    '%s:", commands[i].name);
        put_help(commands[i].help, 1);
        output_text("'\n");
    }
    output_text(
        "  )\n  if (( CURRENT == 2 )); then _describe command names; return; fi\n  case $words[2] in\n");
    for (size_t i = 0; i < command_count; i++) {
        output_format("    %s) options=(\n", commands[i].name);
        for (size_t k = 0; rondo_option(k, &info) == RONDO_OK; k++)
            if (option_applies(&info, &commands[i])) zsh_option(&info);
        output_text("    ) ;;\n");
    }
    output_text("  esac\n  _arguments $options '*:file:_files'\n}\n_rondo \"$@\"\n");
}

static void fish(void)
{
    rondo_option_info info;
    output_text("# fish completion for rondo\n");
    for (size_t i = 0; i < command_count; i++) {
        output_format("complete -c rondo -n __fish_use_subcommand -f -a %s -d '", commands[i].name);
        put_help(commands[i].help, 0);
        output_text("'\n");
    }
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++) {
        output_format("complete -c rondo -n '__fish_seen_subcommand_from %s' -l %s", info.commands,
                      info.name);
        if (info.short_name[0]) output_format(" -s %s", info.short_name);
        if (has_choices(&info)) {
            output_text(" -x -a '");
            put_choices(info.range, " ");
            output_text("'");
        } else if (!is_flag(&info)) {
            output_text(strcmp(info.type, "file") ? " -x" : " -r");
        }
        output_text(" -d '");
        put_help(info.help, 0);
        output_text("'\n");
    }
}

int run_completion(invocation *call)
{
    static const struct {
        const char *shell;
        void (*write)(void);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(shells[i].shell, call->file[0]) == 0) {
            shells[i].write();
            return RONDO_OK;
        }
    return report_fail(RONDO_BAD_ARGUMENT, "rondo completion bash|zsh|fish", "%s is no shell that is known",
                       show(call->file[0]).text);
}
