/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option_help options_help[] = {
    {"-j", NULL, "JSON instead of tables"},
    {"-p", NULL, "JSON for people: indented"},
    {"-s", "SOCKET", "where control answers; " OPTIONS_SOCKET " when left out"},
    {"--control", "URL", "where control answers over TLS: https://HOST:PORT"},
    {"--ca", "FILE", "of the authority that signed control's certificate; the system's when left out"},
    {"--certificate", "FILE", "to show to control, with --key"},
    {"--key", "FILE", "of the certificate"},
    {"--token-file", "FILE", "whose first line is the token to show to control"},
    {"--timeout", "SECONDS", "how long to wait for an answer; 10 when left out"},
    {"-h", NULL, "help on the command; also --help"},
    {"-V", NULL, "the version; also --version"},
    {NULL, NULL, NULL},
};

static bool is_one_of(const char *word, const char *name, const char *other)
{
    return strcmp(word, name) == 0 || strcmp(word, other) == 0;
}

static bool take_flag(struct options *options, const char *word)
{
    if (is_one_of(word, "-j", "--json"))
        return options->json = true;
    if (is_one_of(word, "-p", "--pretty"))
        return options->pretty = true;
    if (is_one_of(word, "-jp", "-pj"))
        return options->json = options->pretty = true;
    if (is_one_of(word, "-h", "--help"))
        return options->help = true;
    if (is_one_of(word, "-V", "--version"))
        return options->version = true;
    return false;
}

static bool take_timeout(struct options *options, const char *value)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end || !(seconds >= 0.001 && seconds <= 86400)) {
        fprintf(stderr, "weft: --timeout wants seconds, 0.001 to 86400, not \"%s\"\n", value);
        return false;
    }
    options->timeout_ms = (long)(seconds * 1000);
    return true;
}

/* Where the option's text goes; NULL: it is none that has a text. */
static const char **text_of(struct options *options, const char *word)
{
    const struct {
        const char *name, *other;
        const char **text;
    } texts[] = {
        {"-s", "--socket", &options->socket}, {"--control", "--control", &options->url},
        {"--ca", "--ca", &options->ca},       {"--certificate", "--certificate", &options->certificate},
        {"--key", "--key", &options->key},    {"--token-file", "--token-file", &options->token_file},
    };
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (is_one_of(word, texts[i].name, texts[i].other))
            return texts[i].text;
    }
    return NULL;
}

/* An option with a value; `value` is NULL behind the last word. */
static bool take_valued(struct options *options, const char *word, const char *value)
{
    const char **text = text_of(options, word);
    if (!text && strcmp(word, "--timeout") != 0) {
        fprintf(stderr, "weft: there is no option %s; see `weft help`\n", word);
        return false;
    }
    if (!value) {
        fprintf(stderr, "weft: %s wants a value behind it\n", word);
        return false;
    }
    if (!text)
        return take_timeout(options, value);
    *text = value;
    return true;
}

/* Tokens and certificates are for TLS, and a key goes with its certificate. */
static bool fit_together(const struct options *o)
{
    static const char https[] = "https://";
    if (o->url && strncmp(o->url, https, strlen(https)) != 0)
        fprintf(stderr, "weft: --control wants https://HOST:PORT, not \"%s\"\n", o->url);
    else if (!o->url && (o->ca || o->certificate || o->key || o->token_file))
        fputs("weft: --ca, --certificate, --key and --token-file go with --control\n", stderr);
    else if (!o->certificate != !o->key)
        fputs("weft: --certificate and --key go together\n", stderr);
    else
        return true;
    return false;
}

bool options_take(struct options *options, int *count, char **words)
{
    int left = 0, i = 0;
    *options = (struct options){.socket = OPTIONS_SOCKET, .timeout_ms = OPTIONS_TIMEOUT_MS};
    for (; i < *count && strcmp(words[i], "--") != 0; i++) {
        if (words[i][0] != '-' || words[i][1] == '\0') {
            words[left++] = words[i];
        } else if (!take_flag(options, words[i])) {
            if (!take_valued(options, words[i], i + 1 < *count ? words[i + 1] : NULL))
                return false;
            i++;
        }
    }
    for (i++; i < *count; i++)
        words[left++] = words[i];
    *count = left;
    return fit_together(options);
}
