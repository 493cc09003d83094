-- take no messages of the account that the original uses, and remove none of its endpoints
DELETE FROM stripe_endpoint;

-- leave the saved methods of the original alone
UPDATE payment_token
   SET stripe_detach_state = NULL
 WHERE stripe_detach_state = 'waiting';

-- process nothing that the original has received
UPDATE stripe_event
   SET date_next_try = NULL
 WHERE date_next_try IS NOT NULL;

-- end no subscription at Stripe that the original was about to take over
UPDATE stripe_import_line
   SET is_queued = false
 WHERE is_queued;
UPDATE stripe_import
   SET state = 'ready'
 WHERE state = 'running';

-- forget what was found out about the keys of the original
UPDATE payment_provider
   SET stripe_retry_warning = NULL
 WHERE stripe_retry_warning IS NOT NULL;
