// SPDX-License-Identifier: BSD-2-Clause
// Notifications: bound to a thread, and in the calls that send and wait at once.
#include "api.h"

void test_notification(void)
{
    seL4_MessageInfo_t nothing = seL4_MessageInfo_new(0, 0, 0, 0);
    seL4_CPtr endpoint = api_object(seL4_EndpointObject, 0);
    seL4_CPtr reply = api_object(seL4_ReplyObject, 0);
    seL4_CPtr self = seL4_CapInitThreadTCB;
    seL4_Word badge = 0;

    SUCCEEDS(seL4_TCB_BindNotification(self, api_notification));
    CALL(seL4_TCB_BindNotification(self, api_notification), seL4_IllegalOperation);
    seL4_Signal(api_badged);
    seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge, reply);
    EQUAL(badge, API_BADGE);
    EQUAL(seL4_MessageInfo_get_length(info), 0);
    EQUAL(seL4_MessageInfo_get_label(info), 0);
    seL4_Signal(api_badged);
    badge = 0;
    (void)seL4_NBRecv(endpoint, &badge, reply);
    EQUAL(badge, API_BADGE);
    (void)seL4_NBRecv(endpoint, &badge, reply);
    EQUAL(badge, 0);
    (void)seL4_NBSendRecv(api_badged, nothing, endpoint, &badge, reply);
    EQUAL(badge, API_BADGE);
    SUCCEEDS(seL4_TCB_UnbindNotification(self));
    CALL(seL4_TCB_UnbindNotification(self), seL4_IllegalOperation);

    badge = 0;
    (void)seL4_NBSendWait(api_badged, nothing, api_notification, &badge);
    EQUAL(badge, API_BADGE);
    badge = 0;
    (void)seL4_NBSendRecv(api_badged, nothing, api_notification, &badge, reply);
    EQUAL(badge, API_BADGE);
    badge = 0;
    seL4_Signal(api_badged);
    (void)seL4_NBWait(api_notification, &badge);
    EQUAL(badge, API_BADGE);
    // A call of a notification signals it and is answered at once.
    info = seL4_Call(api_badged, nothing);
    EQUAL(seL4_MessageInfo_get_label(info), seL4_NoError);
    seL4_Poll(api_notification, &badge);
    EQUAL(badge, API_BADGE);
}
