/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/nic/kernel_view.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nic/checksum.h"

enum {
    PING_TIMEOUT_MS = 2000,
    PING_ID = 0x4793
};

static bool await_reply(int fd, uint32_t source)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    uint8_t packet[256];
    while (poll(&ready, 1, PING_TIMEOUT_MS) == 1) {
        ssize_t length = recv(fd, packet, sizeof(packet), 0);
        struct iphdr ip;
        struct icmphdr icmp;
        if (length < (ssize_t)(sizeof(ip) + sizeof(icmp)))
            continue;
        memcpy(&ip, packet, sizeof(ip));
        memcpy(&icmp, packet + ip.ihl * 4, sizeof(icmp));
        if (icmp.type == ICMP_ECHOREPLY && icmp.un.echo.id == PING_ID && ip.saddr == htonl(source))
            return true;
    }
    return false;
}

bool kernel_view_ping(uint32_t destination)
{
    struct icmphdr echo = {.type = ICMP_ECHO, .un.echo = {.id = PING_ID, .sequence = htons(1)}};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(destination)};
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (fd < 0)
        return false;
    echo.checksum = (uint16_t)~checksum_sum(&echo, sizeof(echo));
    bool answered = sendto(fd, &echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(echo) &&
                    await_reply(fd, destination);
    close(fd);
    return answered;
}

/* /proc/net/snmp has two lines for ICMP: names, then values. OutDestUnreachs is counted from the names. */
long kernel_view_unreachables_sent(void)
{
    char names[2048] = "", values[2048] = "", *names_rest = names, *values_rest = values, *name;
    FILE *file = fopen("/proc/thread-self/net/snmp", "re");
    while (file != NULL && fgets(names, sizeof(names), file) != NULL && strncmp(names, "Icmp:", 5) != 0)
        ;
    if (file == NULL || fgets(values, sizeof(values), file) == NULL)
        values[0] = '\0';
    if (file != NULL)
        fclose(file);
    while ((name = strsep(&names_rest, " \n")) != NULL) {
        const char *value = strsep(&values_rest, " \n");
        long number = -1;
        if (strcmp(name, "OutDestUnreachs") == 0 && value != NULL && sscanf(value, "%ld", &number) == 1)
            return number;
    }
    return -1;
}
