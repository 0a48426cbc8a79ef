/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/capture_file.h"

#include "command/wiretap_compat.h"
#include "findings/printable.h"
#include "wire/packet_time.h"

struct capture_file {
    wtap *file;
    struct record record;
    char *name;
};

void
capture_files_init(void)
{
    log_init();
    wtap_init(FALSE); /* without plugins: those of Wireshark need Wireshark */
}

/* Errors of the system are positive, those of libwiretap negative and may have details of the file. */
static char *
problem_of(const char *name, int error, char *details)
{
    const char *words =
        error == WTAP_ERR_SHORT_READ ? "it is cut short in the middle of a packet" : wtap_strerror(error);
    char *text =
        details != NULL ? g_strdup_printf("%s: %s: %s", name, words, details) : g_strdup_printf("%s: %s", name, words);
    char *printable = printable_text(text);
    g_free(text);
    g_free(details);
    return printable;
}

struct capture_file *
capture_file_open(const char *name, char **problem)
{
    int error = 0;
    char *details = NULL;
    wtap *opened = wtap_open_offline(name, WTAP_TYPE_AUTO, &error, &details, FALSE);
    if (opened == NULL) {
        *problem = problem_of(name, error, details);
        return NULL;
    }
    struct capture_file *file = g_new0(struct capture_file, 1);
    file->file = opened;
    file->name = g_strdup(name);
    record_init(&file->record);
    return file;
}

void
capture_file_close(struct capture_file *file)
{
    record_clear(&file->record);
    wtap_close(file->file);
    g_free(file->name);
    g_free(file);
}

static enum link_layer
link_layer_of(int kind)
{
    switch (kind) {
    case WTAP_ENCAP_ETHERNET:
        return LINK_ETHERNET;
    case WTAP_ENCAP_RAW_IP:
    case WTAP_ENCAP_RAW_IP4:
    case WTAP_ENCAP_RAW_IP6:
        return LINK_RAW_IP;
    case WTAP_ENCAP_NULL:
    case WTAP_ENCAP_LOOP:
        return LINK_LOOPBACK;
    case WTAP_ENCAP_SLL:
        return LINK_LINUX_COOKED;
    case WTAP_ENCAP_SLL2:
        return LINK_LINUX_COOKED_2;
    case WTAP_ENCAP_PPP:
        return LINK_PPP;
    default:
        return LINK_UNKNOWN;
    }
}

const char *
capture_file_link_name(int kind)
{
    return kind >= 0 ? wtap_encap_description(kind) : "no packet";
}

bool
capture_file_next(struct capture_file *file, struct captured_frame *frame, char **problem)
{
    int error = 0;
    char *details = NULL;
    int64_t offset;

    record_reset(&file->record);
    if (!record_read(file->file, &file->record, &error, &details, &offset)) {
        *problem = error != 0 ? problem_of(file->name, error, details) : NULL;
        return false;
    }
    const wtap_rec *head = &file->record.head;
    *frame = (struct captured_frame){.offset = offset, .kind = -1};
    if (head->presence_flags & WTAP_HAS_TS)
        frame->time = packet_time(head->ts.secs, head->ts.nsecs);
    if (head->rec_type != REC_TYPE_PACKET)
        return true;
    const wtap_packet_header *packet = &head->rec_header.packet_header;
    frame->kind = packet->pkt_encap;
    frame->interface = head->presence_flags & WTAP_HAS_INTERFACE_ID ? packet->interface_id : 0;
    frame->link = link_layer_of(packet->pkt_encap);
    frame->bytes = (struct payload){record_bytes(&file->record), packet->caplen, MAX(packet->len, packet->caplen)};
    return true;
}
