<?php
/**
 * Plugin Name: notifier
 * Description: Tells notifier that there is something new to read. It sends no content, only a signed "look again".
 *
 * Put this file into wp-content/mu-plugins/ (make the folder if need be). It holds a key: do not publish it.
 */

if (!defined('ABSPATH')) {
    exit;
}

const NOTIFIER_HOOK_URL = '{{ url }}';
const NOTIFIER_HOOK_SECRET = '{{ secret }}';

/** Once a request, after the reader has the page: whatever happened in it is one piece of news. */
function notifier_has_news() {
    static $is_told = false;
    if (!$is_told) {
        $is_told = true;
        add_action('shutdown', 'notifier_tell', 99);
    }
}

function notifier_tell() {
    if (function_exists('fastcgi_finish_request')) {
        fastcgi_finish_request();
    }
    $id = 'msg_' . bin2hex(random_bytes(16));
    $at = (string) time();
    $body = '{"type":"site.changed"}';
    $key = base64_decode(substr(NOTIFIER_HOOK_SECRET, strlen('whsec_')));
    $signature = base64_encode(hash_hmac('sha256', "$id.$at.$body", $key, true));
    wp_remote_post(NOTIFIER_HOOK_URL, array(
        // Who does not wait for the answer hangs up before the request is read.
        'timeout' => 3,
        'redirection' => 0,
        'headers' => array(
            'Content-Type' => 'application/json',
            'webhook-id' => $id,
            'webhook-timestamp' => $at,
            'webhook-signature' => "v1,$signature",
        ),
        'body' => $body,
    ));
}

add_action('transition_post_status', function ($new, $old, $post) {
    if ($post->post_type === 'post' && ($new === 'publish' || $old === 'publish')) {
        notifier_has_news();
    }
}, 10, 3);

add_action('wp_insert_comment', function ($id, $comment) {
    if ((string) $comment->comment_approved === '1') {
        notifier_has_news();
    }
}, 10, 2);

add_action('transition_comment_status', function ($new, $old) {
    if ($new === 'approved' || $old === 'approved') {
        notifier_has_news();
    }
}, 10, 2);

add_action('edit_comment', 'notifier_has_news', 10, 0);
add_action('deleted_comment', 'notifier_has_news', 10, 0);
add_action('deleted_post', function ($id, $post) {
    if ($post->post_type === 'post') {
        notifier_has_news();
    }
}, 10, 2);
