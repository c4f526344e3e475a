/* A Modbus TCP server on libmodbus: a stranger's idea of the protocol, to test our driver against.
 *
 * Prints "port N" when it listens on a free loopback port; ends when its standard input is closed.
 * The values are laid down with libmodbus' own conversions or as bytes from the standards, never with our codec.
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

enum { SIZE = 200 };

/* An event buffer of three records: input 150 says how many wait, 151 and 152 the number of the oldest, 153 its code
 * (ten times its number). Writing a number to holding 190 and 191 forgets all records up to it. */
static void keep_events(modbus_mapping_t *map) {
    enum { TOTAL = 3 };
    uint16_t *in = map->tab_input_registers;
    uint32_t ended = (uint32_t)map->tab_registers[190] << 16 | map->tab_registers[191];
    uint32_t oldest = ended < TOTAL ? ended + 1 : 0;
    in[150] = oldest ? (uint16_t)(TOTAL - ended) : 0;
    in[151] = (uint16_t)(oldest >> 16);
    in[152] = (uint16_t)oldest;
    in[153] = (uint16_t)(10 * oldest);
}

static void fill(modbus_mapping_t *map) {
    static const char name[10] = "CITYWATCH";
    uint16_t *holding = map->tab_registers;
    holding[0] = 0x1234;
    holding[1] = (uint16_t)(int16_t)-2;
    /* 21.5 is 41 AC 00 00 (IEEE 754 single); libmodbus 3.1.6 swaps bytes in modbus_set_float_abcd (its issue 611). */
    static const uint16_t float_in_four_orders[8] = {0x41AC, 0, 0xAC41, 0, 0, 0x41AC, 0, 0xAC41};
    memcpy(holding + 10, float_in_four_orders, sizeof float_in_four_orders);
    MODBUS_SET_INT32_TO_INT16(holding, 20, -123456);
    MODBUS_SET_INT64_TO_INT16(holding, 22, -1234567890123LL);
    for (int i = 0; i < 5; i++) holding[30 + i] = (uint16_t)((name[2 * i] << 8) | name[2 * i + 1]);
    holding[40] = 0xFFFF;
    holding[41] = 0xA5C3;
    for (int i = 0; i < SIZE; i++) {
        map->tab_input_registers[i] = (uint16_t)(3 * i);
        map->tab_bits[i] = i % 3 == 0;
        map->tab_input_bits[i] = i % 5 == 0;
    }
    keep_events(map);
}

static int serve(modbus_t *ctx, modbus_mapping_t *map, int listener) {
    fd_set all, ready;
    int highest = listener;
    FD_ZERO(&all);
    FD_SET(listener, &all);
    FD_SET(STDIN_FILENO, &all);
    for (;;) {
        ready = all;
        if (select(highest + 1, &ready, NULL, NULL, NULL) < 0) return 1;
        for (int fd = 0; fd <= highest; fd++) {
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            if (!FD_ISSET(fd, &ready)) continue;
            if (fd == STDIN_FILENO) return 0;
            if (fd == listener) {
                int client = accept(listener, NULL, NULL);
                if (client >= 0 && client < FD_SETSIZE) {
                    FD_SET(client, &all);
                    if (client > highest) highest = client;
                }
                continue;
            }
            modbus_set_socket(ctx, fd);
            int length = modbus_receive(ctx, query);
            if (length > 0) {
                modbus_reply(ctx, query, length, map);
                keep_events(map);
            }
            else if (length < 0) {
                close(fd);
                FD_CLR(fd, &all);
            }
        }
    }
}

int main(void) {
    modbus_t *ctx = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *map = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (!ctx || !map) return 1;
    fill(map);
    int listener = modbus_tcp_listen(ctx, 16);
    if (listener < 0 || getsockname(listener, (struct sockaddr *)&address, &size)) {
        fprintf(stderr, "cannot listen: %s\n", modbus_strerror(errno));
        return 1;
    }
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    int code = serve(ctx, map, listener);
    modbus_mapping_free(map);
    modbus_free(ctx);
    return code;
}
